import { expect, test } from 'vitest'
import { encodeEndOfRib } from '../../src/bgp/wire/index.ts'
import { SECOND } from '../../src/model/index.ts'
import { isUp, Lab, NODE, TOR, TOR_ASN } from './lab.ts'
import { KEEPALIVE, OPEN, type RawMessage, RawPeer, update, update6 } from './raw-peer.ts'

const ROUTE = { prefix: '10.0.0.1/32', nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }
const ENHANCED = { ...OPEN, capabilities: [...OPEN.capabilities, { type: 'enhanced-route-refresh' as const }] }
const refresh = (subtype: number, afi = 1) => ({ type: 'route-refresh' as const, afi, safi: 1, subtype })

function pair(enhanced: boolean) {
  const lab = new Lab()
  const tor = lab.tor({ enhancedRouteRefresh: enhanced })
  const node = lab.node({ enhancedRouteRefresh: enhanced })
  node.announce([ROUTE])
  lab.until('up', () => isUp(node) && isUp(tor) && tor.routeTo(ROUTE.prefix).paths.length === 2)
  return { lab, tor, node }
}

const refreshes = (lab: Lab, device: string) =>
  lab.events.flatMap(({ device: at, event }) =>
    at === device && event.type === 'route-refresh' ? [`${event.direction} ${event.family} ${event.subtype}`] : [],
  )

test('RFC 2918: we ask, and the peer says everything again', () => {
  const { lab, tor, node } = pair(false)
  const before = lab.events.filter((e) => e.device === 'node' && e.event.type === 'update-sent').length
  expect(tor.refresh(NODE)).toBe(true)
  lab.pass(SECOND)
  expect(refreshes(lab, 'node')).toEqual(['received ipv4 request'])
  expect(lab.events.filter((e) => e.device === 'node' && e.event.type === 'update-sent')).toHaveLength(before + 1)
  expect(tor.routeTo(ROUTE.prefix).paths).toHaveLength(2)
  // Not a family that was not negotiated, nor a session that is not there.
  expect(tor.refresh(NODE, 'ipv6')).toBe(false)
  expect(tor.refresh('10.9.9.9')).toBe(false)
  node.stop()
  lab.pass(SECOND)
  expect(tor.refresh(NODE)).toBe(false)
})

test('RFC 2918 §4: a peer that does not offer it is not asked', () => {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send({ ...OPEN, capabilities: [] }, KEEPALIVE))
  peer.context = { fourOctetAs: false, addPath: false }
  const node = lab.node()
  lab.until('up', () => isUp(node))
  expect(node.refresh(TOR)).toBe(false)
})

test('RFC 7313: where both offer it the answer stands between BoRR and EoRR', () => {
  const { lab, tor } = pair(true)
  tor.refresh(NODE)
  lab.pass(SECOND)
  expect(refreshes(lab, 'node')).toEqual(['received ipv4 request', 'sent ipv4 begin', 'sent ipv4 end'])
  expect(refreshes(lab, 'tor')).toEqual(['sent ipv4 request', 'received ipv4 begin', 'received ipv4 end'])
  const order = lab.events.flatMap(({ device, event }) =>
    device === 'node' && (event.type === 'update-sent' || event.type === 'route-refresh') ? [event.type] : [],
  )
  expect(order.slice(-3)).toEqual(['route-refresh', 'update-sent', 'route-refresh'])
  expect(tor.routeTo(ROUTE.prefix).paths).toHaveLength(2)
})

const END_OF_RIB = encodeEndOfRib({ afi: 1, safi: 1 })

/** Both families, with these routes. */
function both(routes: readonly RawMessage[]) {
  const lab = new Lab()
  const open = { ...ENHANCED, capabilities: [...ENHANCED.capabilities, { type: 'multiprotocol' as const, afi: 2, safi: 1 }] }
  const peer = new RawPeer(lab, (raw) => raw.send(open, KEEPALIVE, ...routes))
  const node = lab.node({ enhancedRouteRefresh: true, holdTimeSeconds: 0, families: ['ipv4', 'ipv6'] })
  lab.until('the routes', () => node.peers()[0]?.prefixesReceived === routes.length)
  return { lab, peer, node }
}

function against(enhanced: boolean) {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send(ENHANCED, KEEPALIVE, update([TOR_ASN]), update([TOR_ASN], '10.0.0.2')))
  const node = lab.node({ enhancedRouteRefresh: enhanced, holdTimeSeconds: 0 })
  lab.until('two routes', () => node.peers()[0]?.prefixesReceived === 2)
  return { lab, peer, node }
}

test('RFC 7313 §4.2: what is not said again between BoRR and EoRR is gone', () => {
  const { lab, peer, node } = against(true)
  peer.send(refresh(1), update([TOR_ASN]), update([TOR_ASN], '10.0.0.3'))
  lab.pass(SECOND)
  expect(node.peers()[0]?.prefixesReceived).toBe(3)
  peer.send(refresh(2))
  lab.pass(SECOND)
  expect(node.routesIn(TOR).map((route) => route.prefix)).toEqual(['10.0.0.1/32', '10.0.0.3/32'])
  expect(lab.events.at(-1)?.event).toMatchObject({ type: 'routes-changed', prefixes: ['10.0.0.2/32'] })
})

test('RFC 7313 §4: an EoRR that never comes is not waited for without end; one without a BoRR does nothing', () => {
  const { lab, peer, node } = against(true)
  peer.send(refresh(2))
  lab.pass(SECOND)
  expect(node.peers()[0]?.prefixesReceived).toBe(2)
  peer.send(refresh(1))
  lab.pass(300 * SECOND)
  expect(node.peers()[0]?.prefixesReceived).toBe(2)
  lab.pass(100 * SECOND)
  expect(node.peers()[0]?.prefixesReceived).toBe(0)
})

test('RFC 7313 §5: BoRR, EoRR and unknown subtypes are ignored where they were not negotiated', () => {
  const { lab, peer, node } = against(false)
  peer.send(refresh(1), refresh(2), refresh(7))
  lab.pass(SECOND)
  expect(node.peers()[0]).toMatchObject({ state: 'Established', prefixesReceived: 2 })
  expect(refreshes(lab, 'node')).toEqual([])
})

const marks = (lab: Lab) => refreshes(lab, 'tor').filter((line) => line.startsWith('received'))

test('RFC 7313 §4: requests before the first is answered are one request, and no route is lost', () => {
  const { lab, tor } = pair(true)
  for (let i = 0; i < 50; i++) tor.refresh(NODE)
  lab.pass(SECOND)
  expect(marks(lab).length).toBeLessThanOrEqual(4)
  expect(marks(lab).at(-1)).toBe('received ipv4 end')
  expect(tor.routeTo(ROUTE.prefix).paths).toHaveLength(2)
})

test('RFC 7313 §4: requests while the first is being answered have one answer after it, and no route is lost meanwhile', () => {
  // Several batches, and a connection that takes little at once: the answer lasts for a while.
  const lab = new Lab({ sendBuffer: 4096, receiveBuffer: 4096 })
  const tor = lab.tor({ enhancedRouteRefresh: true })
  const node = lab.node({ enhancedRouteRefresh: true })
  const many = 5000
  node.announce(Array.from({ length: many }, (_, i) => ({ ...ROUTE, prefix: `10.${100 + (i >> 8)}.${i & 255}.0/24` })))
  const received = () => tor.peers()[0]?.prefixesReceived ?? 0
  lab.until('all of it', () => received() === many)
  lab.pass(SECOND)
  let least = many
  let again = 10
  tor.refresh(NODE)
  lab.until('both answers', () => {
    least = Math.min(least, received())
    const heard = marks(lab)
    if (heard.length === 1 && again-- > 0) tor.refresh(NODE)
    return heard.length === 4
  })
  lab.pass(SECOND)
  expect(marks(lab)).toEqual(['received ipv4 begin', 'received ipv4 end', 'received ipv4 begin', 'received ipv4 end'])
  expect([least, received()]).toEqual([many, many])
})

test.each([
  ['ipv4', 1, update([TOR_ASN]), update([TOR_ASN], '10.0.0.2'), ['10.0.0.2/32']],
  ['ipv6', 2, update6([TOR_ASN], '2001:db8:1::'), update6([TOR_ASN], '2001:db8:2::'), ['2001:db8:2::/48']],
] as const)(
  'RFC 7313 §4: a BoRR after a BoRR takes nothing away, and what was said before it is to be said again: %s',
  (_, afi, one, two, left) => {
    const { lab, peer, node } = both([one, two])
    peer.send(refresh(1, afi), one, refresh(1, afi))
    lab.pass(SECOND)
    expect(node.peers()[0]?.prefixesReceived).toBe(2)
    peer.send(refresh(1, afi), two, refresh(2, afi))
    lab.pass(SECOND)
    expect(node.routesIn(TOR).map((route) => route.prefix)).toEqual(left)
  },
)

test('RFC 7313 §4: neither an End-of-RIB nor a refresh of another family ends a refresh', () => {
  const { lab, peer, node } = both([update([TOR_ASN]), update6([TOR_ASN], '2001:db8:1::')])
  peer.send(refresh(1), END_OF_RIB, refresh(2, 2), refresh(1, 2))
  lab.pass(SECOND)
  expect(node.peers()[0]?.prefixesReceived).toBe(2)
  peer.send(update([TOR_ASN]), refresh(2))
  lab.pass(SECOND)
  expect(node.routesIn(TOR).map((route) => route.prefix)).toEqual(['10.0.0.1/32', '2001:db8:1::/48'])
  peer.send(refresh(2, 2))
  lab.pass(SECOND)
  expect(node.routesIn(TOR).map((route) => route.prefix)).toEqual(['10.0.0.1/32'])
})
