import { describe, expect, test } from 'vitest'
import { describeEvent } from '../../src/bgp/index.ts'
import { SECOND } from '../../src/model/index.ts'
import { isUp, Lab, NODE, NODE_ASN, stateOf, TIMERS, TOR, TOR_ASN, table } from './lab.ts'

const VIP = '10.0.0.1/32'
const HOPS = ['10.0.1.11', '10.0.1.12', '10.0.2.11']
const ROUTE = { prefix: VIP, nextHops: HOPS, singleNextHop: '10.0.1.12' }

function pair(nodeAddPath = { send: true, receive: false }, torAddPath = { send: false, receive: true }) {
  const lab = new Lab()
  const tor = lab.tor({ addPath: torAddPath })
  const node = lab.node({ addPath: nodeAddPath })
  lab.until('both Established', () => isUp(node) && isUp(tor))
  return { lab, tor, node }
}

test('a session comes up as R40 logs it, on the passive side too', () => {
  const { lab, node } = pair()
  expect(lab.log('node')).toEqual([
    'Idle→Active idle-hold-timer-expired',
    'Active→Connect connect-retry-timer-expired',
    'Connect→OpenSent new-connection',
    'OpenSent→OpenConfirm open-msg-received',
    'OpenConfirm→Established open-msg-negotiated',
  ])
  expect(lab.log('tor')).toEqual([
    'Idle→Active idle-hold-timer-expired',
    'Active→OpenSent new-connection',
    'OpenSent→OpenConfirm open-msg-received',
    'OpenConfirm→Established open-msg-negotiated',
  ])
  expect(lab.universe.now).toBeLessThan(0.1 * SECOND)
  expect(node.sessions()).toMatchObject([
    { device: 'node', localAddress: NODE, peerAddress: TOR, state: 'Established', establishedCount: 1, holdTimeSeconds: 9 },
  ])
  const lines = lab.events.filter((e) => e.device === 'node').map((e) => describeEvent(e.event))
  expect(lines).toContain('state changed Key=10.8.0.10 new=BGP_FSM_ACTIVE old=BGP_FSM_IDLE reason=idle-hold-timer-expired')
})

describe('RFC 4271 §9.2: a path that does not fit into a message', () => {
  const long = (count: number) => ({ ...ROUTE, transit: Array.from({ length: count }, (_, i) => 64_512 + (i % 400)) })

  test('is passed on in segments as long as it fits, and not at all beyond that: what was told before is withdrawn', () => {
    const { lab, tor, node } = pair()
    node.announce([long(300)])
    lab.until('there', () => tor.routeTo(VIP).paths.length === 3)
    expect(tor.routeTo(VIP).paths[0]!.asPath).toHaveLength(301)
    node.announce([long(2_000), { prefix: '10.0.0.2/32', nextHops: HOPS }])
    lab.until('the other route is there', () => tor.routeTo('10.0.0.2/32').paths.length === 3)
    lab.until('withdrawn', () => tor.routeTo(VIP).paths.length === 0)
    const lines = lab.events.filter((e) => e.device === 'node').map((e) => describeEvent(e.event))
    expect(lines).toContain(`cannot announce Key=${TOR} prefixes="[${VIP}]" count=1 detail="the path attributes do not fit into a message"`)
    expect(isUp(node)).toBe(true)
    node.announce([ROUTE])
    lab.until('back', () => tor.routeTo(VIP).paths.length === 3)
  })
})

test('keepalives go every three seconds at a hold time of nine, and the session stays up for an hour', () => {
  const { lab, node } = pair()
  const before = lab.events.length
  lab.pass(3600 * SECOND)
  expect(node.peers()[0]).toMatchObject({ state: 'Established', establishedCount: 1 })
  const sent = lab.events.slice(before).filter((e) => e.device === 'node' && e.event.type === 'keepalive-sent')
  expect(sent).toHaveLength(1200)
})

describe('ADD-PATH is what both ends offer', () => {
  test.each([
    ['on', { send: true, receive: false }, { send: false, receive: true }, `${VIP}: 10.0.1.11#1 10.0.1.12#2 10.0.2.11#3`],
    ['off', { send: false, receive: false }, { send: false, receive: false }, `${VIP}: 10.0.1.12`],
    ['offered by the sender only', { send: true, receive: false }, { send: false, receive: false }, `${VIP}: 10.0.1.12`],
    ['offered by the receiver only', { send: false, receive: false }, { send: false, receive: true }, `${VIP}: 10.0.1.12`],
    ['offered by both to send', { send: true, receive: false }, { send: true, receive: false }, `${VIP}: 10.0.1.12`],
    ['both ways', { send: true, receive: true }, { send: true, receive: true }, `${VIP}: 10.0.1.11#1 10.0.1.12#2 10.0.2.11#3`],
  ])('%s', (_, nodeOffers, torOffers, expected) => {
    const { lab, tor, node } = pair(nodeOffers, torOffers)
    node.announce([ROUTE])
    lab.pass(SECOND)
    expect(table(tor, NODE)).toEqual([expected])
    expect(tor.routeTo(VIP).paths.every((path) => path.valid && path.multipath)).toBe(true)
  })
})

describe('announce takes the whole set', () => {
  test('one path of several is withdrawn; the others keep their identifiers, and a returning next hop gets its own back', () => {
    const { lab, tor, node } = pair()
    node.announce([ROUTE])
    lab.pass(SECOND)
    node.announce([{ ...ROUTE, nextHops: ['10.0.1.11', '10.0.2.11'] }])
    lab.pass(SECOND)
    expect(table(tor, NODE)).toEqual([`${VIP}: 10.0.1.11#1 10.0.2.11#3`])
    node.announce([{ ...ROUTE, nextHops: ['10.0.1.11', '10.0.2.11', '10.0.2.12'] }])
    lab.pass(SECOND)
    expect(table(tor, NODE)).toEqual([`${VIP}: 10.0.1.11#1 10.0.2.11#3 10.0.2.12#4`])
    node.announce([{ ...ROUTE, nextHops: HOPS }])
    lab.pass(SECOND)
    expect(table(tor, NODE)).toEqual([`${VIP}: 10.0.1.11#1 10.0.1.12#2 10.0.2.11#3`])
  })

  test('a prefix that is left out is withdrawn; an unchanged one is not sent again', () => {
    const { lab, tor, node } = pair()
    node.announce([ROUTE, { ...ROUTE, prefix: '10.0.0.2/32' }])
    lab.pass(SECOND)
    const before = lab.events.length
    node.announce([{ ...ROUTE }])
    lab.pass(SECOND)
    expect(table(tor, NODE)).toHaveLength(1)
    const sent = lab.events.slice(before).flatMap((e) => (e.event.type === 'update-sent' ? [e.event] : []))
    expect(sent).toMatchObject([{ messages: 1, announced: [], withdrawn: [{ pathId: 1 }, { pathId: 2 }, { pathId: 3 }] }])
  })

  test('a changed next hop without ADD-PATH replaces the path: at no moment is there none', () => {
    const { lab, tor, node } = pair({ send: false, receive: false })
    node.announce([ROUTE])
    lab.pass(SECOND)
    const seen: number[] = []
    lab.universe.subscribe(() => seen.push(tor.routeTo(VIP).paths.length))
    node.announce([{ ...ROUTE, singleNextHop: '10.0.2.11' }])
    lab.until('the new next hop', () => tor.routeTo(VIP).paths[0]?.nextHop === '10.0.2.11')
    expect(seen).not.toContain(0)
    expect(lab.events.flatMap((e) => (e.event.type === 'update-sent' ? e.event.withdrawn : []))).toEqual([])
  })

  test('several calls in one turn are one UPDATE with the newest state', () => {
    const { lab, tor, node } = pair()
    node.announce([ROUTE])
    node.announce([])
    node.announce([{ ...ROUTE, nextHops: ['10.0.2.11'] }])
    expect(lab.events.some((e) => e.event.type === 'update-sent')).toBe(false)
    lab.pass(SECOND)
    expect(table(tor, NODE)).toEqual([`${VIP}: 10.0.2.11#3`])
    expect(lab.events.filter((e) => e.event.type === 'update-sent')).toHaveLength(1)
  })

  test('a prefix twice, or text that is no address, is the caller’s error', () => {
    const { node } = pair()
    expect(() => node.announce([ROUTE, ROUTE])).toThrow(/twice/)
    expect(() => node.announce([{ ...ROUTE, nextHops: ['10.0.1'] }])).toThrow(TypeError)
  })

  test('routes announced before the session is up are sent when it is', () => {
    const lab = new Lab()
    const node = lab.node()
    node.announce([ROUTE])
    const tor = lab.tor()
    lab.until('three paths', () => tor.routeTo(VIP).paths.length === 3)
  })
})

test('ten thousand prefixes go through a small send buffer, the newest state wins', () => {
  const lab = new Lab({ sendBuffer: 8192 })
  const tor = lab.tor()
  const node = lab.node()
  lab.until('both Established', () => isUp(node) && isUp(tor))
  const routes = Array.from({ length: 10_000 }, (_, i) => ({
    prefix: `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}/32`,
    nextHops: HOPS,
    singleNextHop: '10.0.1.11',
  }))
  node.announce(routes)
  lab.pass(2_000)
  node.announce(routes.slice(0, 9_000))
  lab.until('nine thousand', () => tor.peers()[0]?.prefixesReceived === 9_000 && node.peers()[0]?.prefixesSent === 9_000)
  lab.pass(SECOND)
  expect(tor.peers()[0]?.prefixesReceived).toBe(9_000)
  expect(isUp(tor)).toBe(true)
})

test('two speakers with the same seed give the same events', () => {
  const run = () => {
    const { lab, node } = pair()
    node.announce([ROUTE])
    lab.pass(30 * SECOND)
    node.stop()
    lab.pass(30 * SECOND)
    return lab.universe.events
  }
  expect(run()).toEqual(run())
})

describe('peers at run time', () => {
  const OTHER = '10.8.0.11'
  const three = () => {
    const lab = new Lab()
    const tor = lab.tor()
    const other = lab.speaker('tor2', {
      localAddress: OTHER,
      localAsn: TOR_ASN,
      listen: true,
      peers: [{ peerAddress: NODE, peerAsn: NODE_ASN, passive: true, addPath: { send: false, receive: true }, ...TIMERS }],
    })
    const node = lab.node()
    node.announce([ROUTE])
    lab.until('up', () => isUp(node))
    return { lab, tor, other, node }
  }
  const first = { peerAddress: TOR, peerAsn: TOR_ASN, ...TIMERS }
  const second = { peerAddress: OTHER, peerAsn: TOR_ASN, ...TIMERS }

  test('one is added, changed and removed without disturbing the other (R30)', () => {
    const { lab, other, node } = three()
    node.setPeers([first, second])
    lab.until('the second up', () => isUp(other))
    lab.until('its routes', () => other.routeTo(VIP).paths.length === 3)
    node.setPeers([first, { ...second, addPath: { send: false, receive: false } }])
    lab.until('the second up again', () => other.peers()[0]?.establishedCount === 2 && isUp(other))
    lab.until('one path', () => other.routeTo(VIP).paths.length === 1)
    node.setPeers([first])
    lab.until('the second gone', () => stateOf(other) !== 'Established')
    expect(other.routesIn(NODE)).toEqual([])
    expect(lab.notifications('tor2')).toEqual(['received 6/6', 'received 6/3'])
    expect(node.peers()).toMatchObject([{ peerAddress: TOR, state: 'Established', establishedCount: 1 }])
  })

  test('a peer in our own AS, or with a hold time of two seconds, is refused (R1)', () => {
    const { node } = three()
    expect(() => node.addPeer({ ...second, peerAsn: NODE_ASN })).toThrow(/iBGP/)
    expect(() => node.addPeer({ ...second, holdTimeSeconds: 2 })).toThrow(/hold time/)
    expect(() => node.addPeer(first)).toThrow(/twice/)
  })
})
