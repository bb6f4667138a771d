import { describe, expect, test } from 'vitest'
import { Inbox } from '../../src/bgp/inbox.ts'
import { describeEvent, type Speaker, type wire } from '../../src/bgp/index.ts'
import { encodeMessage } from '../../src/bgp/wire/index.ts'
import { SECOND } from '../../src/model/index.ts'
import { formatIpv4, ipv4 } from '../../src/net/index.ts'
import type { Connection } from '../../src/world/index.ts'
import { isUp, Lab, NODE, stateOf, TOR, TOR_ASN } from './lab.ts'
import { KEEPALIVE, OPEN, type RawMessage, RawPeer, update, update6 } from './raw-peer.ts'
import { message } from './wire/hex.ts'

const ROUTE = { prefix: '10.0.0.1/32', nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }
const PLAIN = { fourOctetAs: true, addPath: false }

function against(...answer: RawMessage[]) {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send(...answer))
  return { lab, peer }
}

/** Many routes in full messages. */
function flood(from: number, count: number): Uint8Array {
  const routes = Array.from({ length: count }, (_, i) => ({ address: ipv4('20.0.0.0') + from + i, length: 32, pathId: 0 }))
  return encodeMessage({ ...update([TOR_ASN]), nlri: routes }, { ...PLAIN, maxMessageSize: 65535 })
}

describe('RFC 8654: extended messages', () => {
  test('where both offer them, many routes are one message', () => {
    const lab = new Lab()
    const tor = lab.tor({ extendedMessages: true })
    const node = lab.node({ extendedMessages: true })
    node.announce(Array.from({ length: 900 }, (_, i) => ({ ...ROUTE, nextHops: ['10.0.1.11'], prefix: `10.100.${i >> 8}.${i & 255}/32` })))
    lab.until('all there', () => tor.peers()[0]?.prefixesReceived === 900)
    const sent = lab.events.flatMap((e) => (e.device === 'node' && e.event.type === 'update-sent' ? [e.event.messages] : []))
    expect(sent).toEqual([1])
    expect(node.peers()[0]?.negotiated?.extendedMessages).toBe(true)
  })

  test('where the peer does not, we send none; what we offered to take we take', () => {
    const { lab, peer } = against(OPEN, KEEPALIVE, flood(0, 2000))
    const node = lab.node({ extendedMessages: true })
    lab.until('two thousand in one', () => node.peers()[0]?.prefixesReceived === 2000)
    node.announce(Array.from({ length: 900 }, (_, i) => ({ ...ROUTE, prefix: `10.100.${i >> 8}.${i & 255}/32` })))
    lab.until('announced', () => peer.updates().length === 2)
    expect(peer.updates().flatMap((one) => one.nlri)).toHaveLength(900)
  })

  test('by default neither is offered, and a long message is a Bad Message Length', () => {
    const { lab, peer } = against(OPEN, KEEPALIVE, flood(0, 2000))
    lab.node()
    lab.until('refused', () => peer.notification() !== undefined)
    expect(peer.notification()).toBe('1/2')
  })
})

describe('RFC 9687: a peer that stops reading', () => {
  test('is given up after the send hold time, although it still sends keepalives', () => {
    const lab = new Lab({ sendBuffer: 4096, receiveBuffer: 4096 })
    let connection: Connection | undefined
    lab.world('tor', TOR).transport.listen({ address: TOR, port: 179 }, (event) => {
      if (event.type !== 'connection') return
      let greeted = false
      connection = event.accept((e) => {
        if (e.type !== 'data' || greeted) return
        greeted = true
        connection?.send(encodeMessage(OPEN, PLAIN))
        connection?.send(encodeMessage(KEEPALIVE, PLAIN))
        connection?.pause()
      })
    })
    const node = lab.node({ holdTimeSeconds: 30, sendHoldSeconds: 60 })
    lab.until('up', () => isUp(node))
    const from = lab.universe.now
    node.announce(Array.from({ length: 5000 }, (_, i) => ({ ...ROUTE, prefix: `10.100.${i >> 8}.${i & 255}/32` })))
    for (let i = 0; i < 12; i++) {
      lab.pass(10 * SECOND)
      connection?.send(encodeMessage(KEEPALIVE, PLAIN))
      if (!isUp(node)) break
    }
    expect(lab.log('node')).toContain('Established→Idle send-hold-timer-expired')
    expect(lab.notifications('node')).toEqual(['sent 8/0'])
    expect(lab.universe.now - from).toBeLessThanOrEqual(121 * SECOND)
    expect(node.peers()[0]?.reason).toMatch(/^10\.8\.0\.10 took nothing of what we sent/)
  })

  test('one that reads slowly is not, nor one to which there is nothing to say', () => {
    const lab = new Lab()
    lab.tor({ holdTimeSeconds: 9 })
    const node = lab.node({ sendHoldSeconds: 18 })
    lab.until('up', () => isUp(node))
    lab.pass(600 * SECOND)
    expect(node.peers()[0]).toMatchObject({ state: 'Established', establishedCount: 1 })
  })
})

describe('RFC 4486: Maximum Number of Prefixes', () => {
  test('one path too many ends the session with the family and the limit, and it comes back', () => {
    const { lab, peer } = against(OPEN, KEEPALIVE, flood(0, 100))
    const node = lab.node({ maximumPrefixes: 100 })
    lab.until('up', () => node.peers()[0]?.prefixesReceived === 100)
    peer.send(flood(50, 50))
    lab.pass(SECOND)
    expect(isUp(node)).toBe(true)
    peer.send(flood(100, 1))
    lab.until('ended', () => !isUp(node))
    lab.pass(1000)
    expect(peer.heard.find((m) => m.type === 'notification')).toMatchObject({
      code: 6,
      subcode: 1,
      data: Uint8Array.of(0, 1, 1, 0, 0, 0, 100),
    })
    expect(node.routesIn(TOR)).toEqual([])
    lab.until('back', () => isUp(node) && node.peers()[0]?.prefixesReceived === 100)
  })

  test('a peer that sends without end never has more than the limit and one message here', () => {
    const { lab, peer } = against(OPEN, KEEPALIVE)
    const node = lab.node({ maximumPrefixes: 20_000 })
    let most = 0
    for (let i = 0; i < 200; i++) {
      peer.send(flood(i * 800, 800))
      lab.pass(50_000)
      most = Math.max(most, node.peers()[0]?.prefixesReceived ?? 0)
    }
    expect(most).toBeGreaterThan(10_000)
    expect(most).toBeLessThanOrEqual(20_000)
    expect(lab.notifications('node').filter((one) => one === 'sent 6/1').length).toBeGreaterThan(1)
  })
})

describe('RFC 4486: Out of Resources', () => {
  /** A path of its own number, with so many communities that nobody else has. */
  function heavy(number: number, communities = 1000, prefix = number): wire.UpdateMessage {
    const values = Array.from({ length: communities }, (_, i) => number * 100_000 + i)
    const plain = update([TOR_ASN], formatIpv4(ipv4('20.0.0.0') + prefix))
    return { ...plain, attributes: [...plain.attributes, { type: 'communities', values }] }
  }
  const KILO = 4 * 1000
  const octets = (node: Speaker) => node.peers()[0]?.attributeOctets ?? 0

  test('attributes that no two paths share: beyond the limit the session ends, says why, and nothing of it is kept', () => {
    const { lab, peer } = against(OPEN, KEEPALIVE)
    const limit = 50 * KILO
    const node = lab.node({ maximumAttributeOctets: limit })
    lab.until('up', () => isUp(node))
    for (let i = 0; i < 40; i++) peer.send(heavy(i))
    lab.pass(SECOND)
    expect(isUp(node)).toBe(true)
    expect(octets(node)).toBeGreaterThanOrEqual(40 * KILO)
    expect(octets(node)).toBeLessThan(41 * KILO)
    for (let i = 40; i < 60; i++) peer.send(heavy(i))
    lab.until('ended', () => !isUp(node))
    lab.pass(1000)
    expect(peer.heard.find((m) => m.type === 'notification')).toMatchObject({ code: 6, subcode: 8, data: new Uint8Array(0) })
    expect(lab.events.map(({ event }) => describeEvent(event))).toContain(
      'sent notification Key=10.8.0.10 Cease/Out of Resources (6/8) detail="path attributes of more than 200000 octets (maximumAttributeOctets)"',
    )
    expect(node.peers()[0]?.reason).toContain('path attributes of more than 200000 octets')
    expect([octets(node), node.routesIn(TOR)]).toEqual([0, []])
    lab.until('back', () => isUp(node))
  })

  test('a flood of them never makes us hold more than the limit and one message', () => {
    const { lab, peer } = against(OPEN, KEEPALIVE)
    const limit = 50 * KILO
    const node = lab.node({ maximumAttributeOctets: limit })
    let most = 0
    for (let i = 0; i < 1000; i++) {
      peer.send(heavy(i, 1000, i % 700))
      lab.pass(20_000)
      most = Math.max(most, octets(node))
    }
    expect(most).toBeGreaterThan(40 * KILO)
    expect(most).toBeLessThanOrEqual(limit)
    expect(lab.notifications('node').filter((one) => one === 'sent 6/8').length).toBeGreaterThan(1)
  })

  test('what paths share counts once; what is replaced or withdrawn counts no more, of either family', () => {
    const { lab, peer } = against({ ...OPEN, capabilities: [...OPEN.capabilities, { type: 'multiprotocol', afi: 2, safi: 1 }] }, KEEPALIVE)
    const node = lab.node({ families: ['ipv4', 'ipv6'] })
    lab.until('up', () => isUp(node))
    const said = (...messages: wire.Message[]) => {
      peer.send(...messages)
      lab.pass(SECOND)
      return Math.floor(octets(node) / KILO)
    }
    const communities = heavy(7).attributes.filter(({ type }) => type === 'communities')
    const six = (prefix: string) => ({
      ...update6([TOR_ASN], prefix),
      attributes: [...update6([TOR_ASN], prefix).attributes, ...communities],
    })
    expect(said(heavy(1), heavy(1, 1000, 2), heavy(1, 1000, 3))).toBe(1)
    expect(said(heavy(2))).toBe(2)
    // IPv6 attributes come with their routes: those of one message share them.
    expect(said(six('2001:db8:1::'), six('2001:db8:2::'))).toBe(4)
    expect(said(update6([TOR_ASN], '2001:db8:2::'), update([TOR_ASN], '20.0.0.2'))).toBe(2)
    const withdrawn = [1, 3].map((i) => ({ address: ipv4('20.0.0.0') + i, length: 32, pathId: 0 }))
    expect(said({ type: 'update', withdrawn, attributes: [], nlri: [], errors: [] })).toBe(1)
  })

  test('sets that are remembered to read them once are forgotten after four million octets, however few they are', () => {
    const inbox = new Inbox()
    inbox.agree(PLAIN)
    const read = (number: number) => {
      const frame = inbox.push(encodeMessage(heavy(number), PLAIN)).frames[0]
      const received = frame && inbox.read(frame)
      return received?.ok ? received.update?.plain?.set : undefined
    }
    const first = read(0)
    expect(first).toBeDefined()
    for (let i = 1; i < 900; i++) read(i)
    expect(read(0)).toBe(first)
    for (let i = 900; i < 1100; i++) read(i)
    expect(read(0)).not.toBe(first)
  })
})

describe('a flood of connections', () => {
  test.each([
    ['waits in Active', 'Active'],
    ['is Established', 'Established'],
  ] as const)('a thousand from a configured peer while the session %s: two at most are kept, and the session lives', (_, state) => {
    const lab = new Lab()
    const tor = lab.tor()
    const world = lab.world('node', NODE)
    if (state === 'Established') {
      const node = lab.node()
      lab.until('up', () => isUp(node) && isUp(tor))
    } else lab.until('Active', () => stateOf(tor) === 'Active')
    const ends = { closed: 0, failed: 0 }
    for (let i = 0; i < 1000; i++) {
      world.transport.connect({ remote: { address: TOR, port: 179 }, localAddress: NODE, timeout: 30 * SECOND }, (event) => {
        if (event.type === 'closed') ends.closed++
        if (event.type === 'failed') ends.failed++
      })
    }
    lab.pass(SECOND)
    expect(ends.closed + ends.failed).toBeGreaterThanOrEqual(998)
    // A Cease is said to few; for the others the kernel's reset is enough.
    expect(lab.notifications('tor').length).toBeLessThanOrEqual(4)
    if (state === 'Established') {
      lab.pass(60 * SECOND)
      expect(tor.peers()[0]).toMatchObject({ state: 'Established', establishedCount: 1 })
      return
    }
    // Those that were taken say nothing; the peer's real session comes beside them or after them.
    const node = lab.node()
    lab.until('up', () => isUp(node) && isUp(tor), 600 * SECOND)
  })

  test('a thousand from strangers: every one is reset', () => {
    const lab = new Lab()
    const tor = lab.tor()
    const stranger = lab.world('stranger', '10.0.9.9')
    let over = 0
    for (let i = 0; i < 1000; i++) {
      stranger.transport.connect({ remote: { address: TOR, port: 179 }, timeout: 30 * SECOND }, (event) => {
        if (event.type === 'closed' || event.type === 'failed') over++
      })
    }
    lab.pass(SECOND)
    expect(over).toBe(1000)
    const node = lab.node()
    lab.until('up', () => isUp(node) && isUp(tor))
  })

  test('a thousand requests for a route refresh from a peer that reads nothing: what waits is bounded', () => {
    const lab = new Lab({ sendBuffer: 2048, receiveBuffer: 2048 })
    let connection: Connection | undefined
    let outgoing = 0
    lab.world('tor', TOR).transport.listen({ address: TOR, port: 179 }, (event) => {
      if (event.type !== 'connection') return
      connection = event.accept((e) => {
        if (e.type !== 'data') return
        if (outgoing++ === 0) {
          connection?.send(encodeMessage({ ...OPEN, capabilities: [...OPEN.capabilities, { type: 'enhanced-route-refresh' }] }, PLAIN))
          connection?.send(encodeMessage(KEEPALIVE, PLAIN))
        } else connection?.pause()
      })
    })
    const node = lab.node({ enhancedRouteRefresh: true, holdTimeSeconds: 0 })
    node.announce(Array.from({ length: 3000 }, (_, i) => ({ ...ROUTE, prefix: `10.100.${i >> 8}.${i & 255}/32` })))
    lab.until('up', () => isUp(node))
    for (let i = 0; i < 1000; i++) connection?.send(encodeMessage({ type: 'route-refresh', afi: 1, safi: 1, subtype: 0 }, PLAIN))
    lab.pass(10 * SECOND)
    const sent = lab.events.filter(
      (e) => e.event.type === 'update-sent' || (e.event.type === 'route-refresh' && e.event.direction === 'sent'),
    )
    // One batch, after which the transport said that it had enough.
    expect(sent.length).toBeLessThan(10)
    expect(isUp(node)).toBe(true)
  })
})

describe('any bytes end in a defined action, a line that names the field and its octet, and a session that comes back', () => {
  test.each<[string, RawMessage, string, string]>([
    [
      'a marker',
      new Uint8Array(19),
      '1/1',
      'Message Header Error/Connection Not Synchronized (1/1) detail="Marker at octet 0: the marker is not all ones"',
    ],
    [
      'a length',
      message(4, '00'),
      '1/2',
      'Message Header Error/Bad Message Length (1/2) detail="Length at octet 16: a message of type 4 claims 20 octets"',
    ],
    ['a type', message(77, ''), '1/3', 'Message Header Error/Bad Message Type (1/3) detail="Type at octet 18: message type 77 is unknown"'],
    [
      'a withdrawn route',
      message(2, '0005 2b 0a000001 0000'),
      '3/10',
      'UPDATE Message Error/Invalid Network Field (3/10) detail="Withdrawn Routes at octet 21: an NLRI has a prefix length of 43"',
    ],
    [
      'an attribute list',
      message(2, '0000 00ff'),
      '3/1',
      'UPDATE Message Error/Malformed Attribute List (3/1) detail="Total Path Attribute Length at octet 21: path attributes of 255 octets do not fit"',
    ],
    ['an OPEN', OPEN, '5/3', 'Finite State Machine Error/Unexpected Message in Established (5/3) detail="OPEN in Established"'],
  ])('%s', (_, bad, expected, line) => {
    const { lab, peer } = against(OPEN, KEEPALIVE)
    const node = lab.node()
    lab.until('up', () => isUp(node))
    peer.send(bad)
    lab.until('down', () => !isUp(node), SECOND)
    lab.pass(1000)
    expect(peer.notification()).toBe(expected)
    const reason = node.peers()[0]?.reason
    if (expected === '5/3') expect(reason).toBe('10.8.0.10 sent what may not come now: OPEN in Established')
    else expect(reason).toContain(`NOTIFICATION ${expected} sent`)
    const lines = lab.events.filter((e) => e.device === 'node').map((e) => describeEvent(e.event))
    expect(lines).toContain(`sent notification Key=10.8.0.10 ${line}`)
    lab.until('up again', () => isUp(node), 10 * SECOND)
  })

  test('what is survived is said too: action, field, octet', () => {
    const { lab, peer } = against(OPEN, KEEPALIVE)
    const node = lab.node()
    lab.until('up', () => isUp(node))
    peer.send(message(2, '0000 001b 40010107 400206 0201 0000fdea 400304 0a00010b 4006020000 200a000001'.replace('001b', '0019')))
    lab.pass(SECOND)
    const lines = lab.events.filter((e) => e.device === 'node').map((e) => describeEvent(e.event))
    expect(lines.find((text) => text.includes('errors='))).toContain(
      'errors="treat-as-withdraw: ORIGIN at octet 23: ORIGIN is 7; attribute-discard: ATOMIC_AGGREGATE at octet 43: 2 octets in place of 0"',
    )
    expect(isUp(node)).toBe(true)
  })
})
