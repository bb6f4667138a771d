import { wire } from '../../src/bgp/index.ts'
import { decodeMessage } from '../../src/bgp/wire/index.ts'
import { ipv4, ipv6Bytes } from '../../src/net/index.ts'
import type { Connection, ConnectionEvent } from '../../src/world/index.ts'
import { type Lab, NODE_ASN, TOR, TOR_ASN } from './lab.ts'

export type RawMessage = wire.Message | Uint8Array

/** A router that says exactly what a test wants, and keeps what it hears. */
export class RawPeer {
  readonly heard: wire.Message[] = []
  /** Encoding of what it receives and sends; tests that offer less in their OPEN set it. */
  context: wire.CodecContext = { fourOctetAs: true, addPath: false }
  #connection: Connection | undefined

  /** Listens at the ToR's address; with `listens` false it is `calling` that opens a connection. */
  constructor(lab: Lab, onOpen: (peer: RawPeer) => void, listens = true) {
    if (!listens) return
    lab.world('tor', TOR).transport.listen({ address: TOR, port: 179 }, (event) => {
      if (event.type === 'connection') this.#connection = event.accept(this.#hear(onOpen))
    })
  }

  /** Connects, from the ToR's address where no other is given, and answers an OPEN that comes. */
  static calling(lab: Lab, address: string, onOpen: (peer: RawPeer) => void, from = { name: 'tor', address: TOR }): RawPeer {
    const peer = new RawPeer(lab, onOpen, false)
    const request = { remote: { address, port: 179 }, localAddress: from.address, timeout: 60_000_000 }
    peer.#connection = lab.world(from.name, from.address).transport.connect(request, peer.#hear(onOpen))
    return peer
  }

  #hear(onOpen: (peer: RawPeer) => void): (event: ConnectionEvent) => void {
    const framer = new wire.Framer()
    return (event) => {
      if (event.type !== 'data') return
      for (const frame of framer.push(event.data).frames) {
        const decoded = decodeMessage(frame, this.context)
        if (!decoded.ok) throw new Error(decoded.error.detail)
        this.heard.push(decoded.message)
        if (decoded.message.type === 'open') onOpen(this)
      }
    }
  }

  /** Sends messages, or bytes, in one segment. */
  send(...messages: readonly RawMessage[]): void {
    const parts = messages.map((m) => (m instanceof Uint8Array ? m : wire.encodeMessage(m, this.context)))
    this.#connection?.send(Uint8Array.from(parts.flatMap((part) => [...part])))
  }

  /** FIN, without a word. */
  close(): void {
    this.#connection?.close()
  }

  updates(): wire.UpdateMessage[] {
    return this.heard.filter((m) => m.type === 'update')
  }

  notification(): string | undefined {
    const found = this.heard.find((m) => m.type === 'notification')
    return found && `${found.code}/${found.subcode}`
  }
}

export const OPEN: wire.OpenMessage = {
  type: 'open',
  myAs: TOR_ASN,
  holdTimeSeconds: 90,
  identifier: ipv4(TOR),
  capabilities: [
    { type: 'multiprotocol', afi: 1, safi: 1 },
    { type: 'route-refresh' },
    { type: 'four-octet-as', asn: TOR_ASN },
    { type: 'unknown', code: 64, value: Uint8Array.of(0, 120) },
  ],
}

export const KEEPALIVE: wire.Message = { type: 'keepalive' }

export function update(asns: readonly number[], prefix = '10.0.0.1', nextHop = '10.0.1.11'): wire.UpdateMessage {
  return {
    type: 'update',
    withdrawn: [],
    attributes: [
      { type: 'origin', value: 'igp' },
      { type: 'as-path', segments: [{ kind: 'sequence', asns }] },
      { type: 'next-hop', address: ipv4(nextHop) },
    ],
    nlri: [{ address: ipv4(prefix), length: 32, pathId: 0 }],
    errors: [],
  }
}

/** The same of IPv6. */
export function update6(asns: readonly number[], prefix = '2001:db8:1::', nextHop = '2001:db8::11'): wire.UpdateMessage {
  return {
    type: 'update',
    withdrawn: [],
    attributes: [
      {
        type: 'mp-reach',
        afi: 2,
        safi: 1,
        nextHop: ipv6Bytes(nextHop),
        nlri: [],
        nlri6: [{ address: prefix, length: 48, pathId: 0 }],
        other: new Uint8Array(0),
      },
      { type: 'origin', value: 'igp' },
      { type: 'as-path', segments: [{ kind: 'sequence', asns }] },
    ],
    nlri: [],
    errors: [],
  }
}

export const ECHO = update([TOR_ASN, NODE_ASN])
