/**
 * The byte streams that (a) and (d) send: made before the clock starts.
 *
 * Prefixes are unique /32s scattered over 20.0.0.0/8, in no order that a table could profit from, with path identifier 1; messages are full
 * (4096 octets), each with one of 1,000 attribute sets (AS paths of three). The last UPDATE has one prefix of its own, the marker.
 */

import { type CodecContext, type Nlri, packAnnouncements } from '../../../../src/bgp/wire/index.ts'
import { formatIpv4, parseIpv4 } from '../../../../src/net/index.ts'
import { ASN_HERE, HERE } from './place.ts'

export const MARKER = '198.51.100.1/32'
const CONTEXT: CodecContext = { fourOctetAs: true, addPath: true }
const SETS = 1000
/** NLRI of five and four octets in what the header and these attributes leave of 4096. */
const ROUTES_A_MESSAGE = 447
/** Octets that are handed to the socket at a time. */
const CHUNK = 1 << 18

/** `prefixes` in all, the marker among them. `salt` changes every attribute set and no prefix. */
export function announcements(prefixes: number, salt = 0): Buffer[] {
  const messages: Uint8Array[] = []
  for (let from = 0; from < prefixes - 1; from += ROUTES_A_MESSAGE) {
    const routes: Nlri[] = []
    for (let i = from; i < Math.min(from + ROUTES_A_MESSAGE, prefixes - 1); i++)
      routes.push({ address: scattered(i), length: 32, pathId: 1 })
    messages.push(...packAnnouncements(attributes(messages.length % SETS, salt), routes, CONTEXT))
  }
  const marker = parseIpv4(MARKER.slice(0, -3)) ?? 0
  messages.push(...packAnnouncements(attributes(0, salt), [{ address: marker, length: 32, pathId: 1 }], CONTEXT))
  return inChunks(messages)
}

/** One prefix that no other stream has: what was sent before it is worked off when it is there. */
export function ending(round: number): { readonly prefix: string; readonly chunks: Buffer[] } {
  const address = parseIpv4(`198.18.${round >> 8}.${round & 255}`) ?? 0
  const messages = packAnnouncements(attributes(0, 0), [{ address, length: 32, pathId: 1 }], CONTEXT)
  return { prefix: `${formatIpv4(address)}/32`, chunks: inChunks(messages) }
}

/** An odd factor modulo 2^24 goes through every value once. */
function scattered(i: number): number {
  return (20 << 24) | (Math.imul(i, 0x9e3779b1) & 0xffffff)
}

function attributes(set: number, salt: number) {
  const asns = [ASN_HERE, 4_200_000_000 + salt, 100_000 + set]
  return [
    { type: 'origin' as const, value: 'igp' as const },
    { type: 'as-path' as const, segments: [{ kind: 'sequence' as const, asns }] },
    { type: 'next-hop' as const, address: parseIpv4(HERE) ?? 0 },
  ]
}

/** Whole messages each: the sender's keepalives go in between. */
function inChunks(messages: readonly Uint8Array[]): Buffer[] {
  const chunks: Buffer[] = []
  let part: Uint8Array[] = []
  let size = 0
  for (const message of messages) {
    part.push(message)
    size += message.length
    if (size < CHUNK) continue
    chunks.push(Buffer.concat(part))
    part = []
    size = 0
  }
  if (part.length > 0) chunks.push(Buffer.concat(part))
  return chunks
}
