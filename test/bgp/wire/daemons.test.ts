import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeMessage, Framer, isIpv4Unicast, type Message, PLAIN } from '../../../src/bgp/wire/index.ts'
import { ipv4 } from '../../../src/net/index.ts'
import { hex } from './hex.ts'

// Captured from the daemons themselves by test/interop/speaker/capture.sh: FRR 8.4.4 and GoBGP 3.10.0.
const golden = JSON.parse(readFileSync(new URL('daemons.golden.json', import.meta.url), 'utf8')) as Record<string, string[]>

const messages = (daemon: string): Message[] =>
  (golden[daemon] ?? []).flatMap((text) => {
    const { frames, error } = new Framer().push(hex(text))
    expect(error).toBeUndefined()
    return frames.map((frame) => {
      const decoded = decodeMessage(frame, PLAIN)
      if (!decoded.ok) throw new Error(decoded.error.detail)
      return decoded.message
    })
  })

describe.each([
  ['frr', 'igp'],
  ['gobgp', 'incomplete'],
] as const)('what %s says', (daemon, origin) => {
  const [open, keepalive, update, notification] = messages(daemon)

  test('its OPEN', () => {
    expect(open).toMatchObject({ type: 'open', myAs: 65002, holdTimeSeconds: 9, identifier: ipv4('10.8.0.10') })
    if (open?.type !== 'open') return
    expect(open.capabilities).toContainEqual({ type: 'multiprotocol', afi: 1, safi: 1 })
    expect(open.capabilities).toContainEqual({ type: 'route-refresh' })
    expect(open.capabilities).toContainEqual({ type: 'four-octet-as', asn: 65002 })
    const addPath = open.capabilities.flatMap((c) => (c.type === 'add-path' ? c.families : [])).find(isIpv4Unicast)
    expect(addPath?.receive).toBe(true)
  })

  test('its KEEPALIVE and its Cease', () => {
    expect(keepalive).toEqual({ type: 'keepalive' })
    expect(notification).toMatchObject({ type: 'notification', code: 6, subcode: 4 })
  })

  test('its UPDATE', () => {
    expect(update).toMatchObject({ type: 'update', nlri: [{ address: ipv4('192.0.2.0'), length: 24, pathId: 0 }], errors: [] })
    if (update?.type !== 'update') return
    expect(update.attributes).toContainEqual({ type: 'origin', value: origin })
    expect(update.attributes).toContainEqual({ type: 'as-path', segments: [{ kind: 'sequence', asns: [65002] }] })
    expect(update.attributes).toContainEqual({ type: 'next-hop', address: ipv4('10.8.0.10') })
  })
})
