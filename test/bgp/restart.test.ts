import { describe, expect, test } from 'vitest'
import { describeEvent, type GracefulRestartConfig, type wire } from '../../src/bgp/index.ts'
import { encodeEndOfRib, RefreshSubtype } from '../../src/bgp/wire/index.ts'
import { SECOND } from '../../src/model/index.ts'
import { formatIpv4, ipv4 } from '../../src/net/index.ts'
import { isUp, Lab, NODE, NODE_ASN, stateOf, TOR, TOR_ASN, table } from './lab.ts'
import { KEEPALIVE, OPEN, RawPeer, update, update6 } from './raw-peer.ts'

const VIP = '10.0.0.1/32'
const ROUTE = { prefix: VIP, nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }
const OTHER = { ...ROUTE, prefix: '10.0.0.2/32' }

function pair(node: GracefulRestartConfig = {}, tor: GracefulRestartConfig = {}) {
  const lab = new Lab()
  const helper = lab.tor({ gracefulRestart: { restartSeconds: 20, ...tor } })
  const speaker = lab.node({ gracefulRestart: { restartSeconds: 20, ...node } })
  speaker.announce([ROUTE, OTHER])
  lab.until('up', () => isUp(speaker) && isUp(helper) && table(helper, NODE).length === 2)
  lab.pass(SECOND)
  return { lab, tor: helper, node: speaker }
}

const restartCapability = (wish: Partial<Extract<wire.Capability, { type: 'graceful-restart' }>> = {}) => ({
  type: 'graceful-restart' as const,
  restarting: false,
  notification: false,
  restartSeconds: 60,
  families: [{ afi: 1, safi: 1, forwarding: true }],
  ...wish,
})

const ends = (lab: Lab, device: string) =>
  lab.events.flatMap(({ device: at, event }) =>
    at === device && event.type === 'end-of-rib' ? [`${event.direction} ${event.family}`] : [],
  )

test('RFC 4724 §2: End-of-RIB after the first table, where both ends offer graceful restart, and only there', () => {
  const { lab } = pair()
  expect(ends(lab, 'node')).toEqual(expect.arrayContaining(['sent ipv4', 'received ipv4']))
  const order = lab.events.flatMap(({ device, event }) =>
    device === 'node' && ['established', 'update-sent', 'end-of-rib'].includes(event.type) ? [event] : [],
  )
  const sent = order.findIndex((event) => event.type === 'end-of-rib' && event.direction === 'sent')
  expect(order.findIndex((event) => event.type === 'update-sent')).toBeLessThan(sent)
  const plain = new Lab()
  plain.tor()
  const node = plain.node({ gracefulRestart: {} })
  plain.until('up', () => isUp(node))
  plain.pass(SECOND)
  expect(ends(plain, 'node')).toEqual([])
})

describe('RFC 4724 §4.2: the helper', () => {
  test('keeps the routes of a peer that dies without a word, until it is back and has said which of them it still has', () => {
    const { lab, tor } = pair()
    lab.worlds.get('node')?.end()
    lab.until('the ToR knows', () => stateOf(tor) !== 'Established')
    expect(table(tor, NODE)).toHaveLength(2)
    expect(lab.events.filter((e) => e.device === 'tor').at(-1)?.event).toMatchObject({
      type: 'routes-stale',
      families: ['ipv4'],
      seconds: 20,
    })
    lab.pass(5 * SECOND)
    const again = lab.node({ gracefulRestart: { restarting: true } })
    again.announce([ROUTE])
    lab.until('up', () => isUp(again) && isUp(tor))
    lab.pass(SECOND)
    expect(table(tor, NODE)).toEqual([`${VIP}: 10.0.1.11#1 10.0.1.12#2`])
    expect(tor.peers()[0]).toMatchObject({ establishedCount: 2, prefixesReceived: 1 })
  })

  test('lets them go when the restart time is over', () => {
    const { lab, tor } = pair({ restartSeconds: 10 })
    lab.worlds.get('node')?.end()
    lab.pass(9 * SECOND)
    expect(table(tor, NODE)).toHaveLength(2)
    lab.pass(2 * SECOND)
    expect(table(tor, NODE)).toEqual([])
  })

  test('lets them go at a NOTIFICATION, at hold expiry, and where graceful restart was not negotiated', () => {
    const told = pair()
    told.node.stop()
    told.lab.pass(SECOND)
    expect(table(told.tor, NODE)).toEqual([])
    const silent = pair()
    silent.lab.universe.powerOff('node')
    silent.lab.until('the ToR gives up', () => stateOf(silent.tor) !== 'Established')
    expect(table(silent.tor, NODE)).toEqual([])
  })

  test('lets them go at once when the peer comes back without its forwarding state', () => {
    const { lab, tor } = pair()
    lab.worlds.get('node')?.end()
    lab.pass(2 * SECOND)
    const again = lab.node({ gracefulRestart: { restarting: true, forwardingPreserved: false } })
    lab.until('up', () => isUp(again) && isUp(tor))
    expect(table(tor, NODE)).toEqual([])
  })

  test('does not wait for an End-of-RIB without end', () => {
    const lab = new Lab()
    const capability = {
      type: 'graceful-restart' as const,
      restarting: true,
      notification: false,
      restartSeconds: 60,
      families: [{ afi: 1, safi: 1, forwarding: true }],
    }
    const open = { ...OPEN, capabilities: [...OPEN.capabilities.slice(0, 3), capability] }
    new RawPeer(lab, (raw) => raw.send(open, KEEPALIVE, update([TOR_ASN]), update([TOR_ASN], '10.0.0.2')))
    const node = lab.node({ gracefulRestart: { stalePathSeconds: 30 }, holdTimeSeconds: 0 })
    lab.until('routes', () => node.routesIn(TOR).length === 2)
    lab.worlds.get('tor')?.end()
    lab.until('down', () => !isUp(node))
    new RawPeer(lab, (raw) => raw.send(open, KEEPALIVE, update([TOR_ASN])))
    lab.until('up', () => isUp(node))
    lab.pass(29 * SECOND)
    expect(node.routesIn(TOR)).toHaveLength(2)
    lab.pass(2 * SECOND)
    expect(node.routesIn(TOR).map((route) => route.prefix)).toEqual([VIP])
  })

  test('§5: a peer that connects anew while the old session looks alive has restarted', () => {
    const { lab, tor } = pair()
    // Power fails and comes back: no FIN was ever sent.
    lab.universe.powerOff('node')
    const again = lab.node({ gracefulRestart: { restarting: true } })
    again.announce([ROUTE])
    const took = lab.until('up', () => isUp(again) && tor.peers()[0]?.establishedCount === 2 && isUp(tor))
    expect(took).toBeLessThan(3 * SECOND)
    lab.pass(SECOND)
    expect(table(tor, NODE)).toEqual([`${VIP}: 10.0.1.11#1 10.0.1.12#2`])
    expect(lab.notifications('node')).not.toContain('received 6/7')
  })

  test('§5: one whose capability names no family, a helper, has not: its second connection is refused, and the session lives', () => {
    const lab = new Lab()
    const tor = lab.tor({ gracefulRestart: {}, addPath: { send: false, receive: false }, holdTimeSeconds: 0 })
    lab.until('it listens', () => stateOf(tor) === 'Active')
    const open = {
      ...OPEN,
      myAs: NODE_ASN,
      identifier: ipv4(NODE),
      capabilities: [{ type: 'four-octet-as' as const, asn: NODE_ASN }, restartCapability({ families: [] })],
    }
    const from = { name: 'node', address: NODE }
    const first = RawPeer.calling(lab, TOR, (raw) => raw.send(open, KEEPALIVE, update([NODE_ASN])), from)
    lab.until('the route', () => table(tor, NODE).length === 1)
    const second = RawPeer.calling(lab, TOR, () => {}, from)
    lab.pass(SECOND)
    expect(second.notification()).toBe('6/7')
    expect(first.notification()).toBeUndefined()
    expect(tor.peers()[0]).toMatchObject({ state: 'Established', establishedCount: 1, prefixesReceived: 1 })
  })

  test('keeps what the session agreed on with the routes: the BGP identifier, which decides between paths, and path identifiers', () => {
    const { lab, tor } = pair()
    const told = () => tor.candidates(VIP).map(({ peerIdentifier, addPath, path }) => [formatIpv4(peerIdentifier), addPath, path.pathId])
    expect(told()).toEqual([
      [NODE, true, 1],
      [NODE, true, 2],
    ])
    lab.worlds.get('node')?.end()
    lab.until('the ToR knows', () => stateOf(tor) !== 'Established')
    expect(told()).toEqual([
      [NODE, true, 1],
      [NODE, true, 2],
    ])
    expect(table(tor, NODE)).toContain(`${VIP}: 10.0.1.11#1 10.0.1.12#2`)
  })
})

describe('RFC 4724 beside RFC 7313', () => {
  const V4_V6 = [1, 2].map((afi) => ({ afi, safi: 1, forwarding: true }))
  const open = (restarting: boolean) => ({
    ...OPEN,
    capabilities: [
      ...OPEN.capabilities.filter(({ type }) => type !== 'unknown'),
      { type: 'multiprotocol' as const, afi: 2, safi: 1 },
      { type: 'enhanced-route-refresh' as const },
      restartCapability({ restarting, families: V4_V6 }),
    ],
  })
  const endOfRib = (afi: number) => encodeEndOfRib({ afi, safi: 1 })
  const mark = (subtype: 'begin' | 'end', afi: number) => ({
    type: 'route-refresh' as const,
    afi,
    safi: 1,
    subtype: RefreshSubtype[subtype],
  })

  /** A peer that said a route of each family, went away without a word, and is back. */
  function returned() {
    const lab = new Lab()
    let times = 0
    const peer = new RawPeer(lab, (raw) => raw.send(open(times++ > 0), KEEPALIVE))
    const families = ['ipv4', 'ipv6'] as const
    const node = lab.node({ families, enhancedRouteRefresh: true, gracefulRestart: { stalePathSeconds: 20 }, holdTimeSeconds: 0 })
    lab.until('up', () => isUp(node))
    peer.send(update([TOR_ASN]), update6([TOR_ASN]), endOfRib(1), endOfRib(2))
    lab.until('the routes', () => node.routesIn(TOR).length === 2)
    peer.close()
    lab.until('away', () => !isUp(node))
    lab.until('back', () => isUp(node))
    return { lab, peer, prefixes: () => node.routesIn(TOR).map((route) => route.prefix) }
  }
  const V4 = VIP
  const V6 = '2001:db8:1::/48'

  test('RFC 7313 §4: a BoRR before the End-of-RIB is ignored, and said to be; neither it nor its EoRR takes a stale route', () => {
    const { lab, peer, prefixes } = returned()
    peer.send(mark('begin', 1))
    lab.pass(SECOND)
    expect(lab.events.map(({ event }) => describeEvent(event))).toContain(
      'received route refresh Key=10.8.0.10 family=ipv4 subtype=begin ignored="it came before the End-of-RIB (RFC 7313 §4)"',
    )
    expect(prefixes()).toEqual([V4, V6])
    peer.send(mark('end', 1))
    lab.pass(SECOND)
    expect(prefixes()).toEqual([V4, V6])
    peer.send(endOfRib(1))
    lab.pass(SECOND)
    expect(prefixes()).toEqual([V6])
  })

  test('one family is refreshed while the other is stale: each has its own time', () => {
    const { lab, peer, prefixes } = returned()
    peer.send(update6([TOR_ASN]), endOfRib(2), mark('begin', 2))
    lab.pass(19 * SECOND)
    expect(prefixes()).toEqual([V4, V6])
    lab.pass(2 * SECOND)
    expect(prefixes()).toEqual([V6])
    lab.pass(330 * SECOND)
    expect(prefixes()).toEqual([V6])
    lab.pass(10 * SECOND)
    expect(prefixes()).toEqual([])
  })

  test('a peer that goes away amid its refresh has restarted for the first time: nothing goes but by its End-of-RIB', () => {
    const { lab, peer, prefixes } = returned()
    peer.send(update([TOR_ASN]), update6([TOR_ASN]), endOfRib(1), endOfRib(2), mark('begin', 1))
    lab.pass(SECOND)
    peer.close()
    lab.pass(3 * SECOND)
    expect(prefixes()).toEqual([V4, V6])
    peer.send(endOfRib(1), endOfRib(2))
    lab.pass(SECOND)
    expect(prefixes()).toEqual([])
  })

  test('RFC 4724 §4.2: of two restarts in a row the second takes what the first left stale', () => {
    const { lab, peer, prefixes } = returned()
    peer.send(update([TOR_ASN]))
    lab.pass(SECOND)
    peer.close()
    lab.pass(SECOND / 2)
    expect(prefixes()).toEqual([V4])
  })
})

describe('RFC 4724 §4.1: the restarting side', () => {
  test('says so in its OPEN, and announces nothing before the peer’s End-of-RIB', () => {
    const lab = new Lab()
    const capability = {
      type: 'graceful-restart' as const,
      restarting: false,
      notification: false,
      restartSeconds: 60,
      families: [{ afi: 1, safi: 1, forwarding: true }],
    }
    const open = { ...OPEN, capabilities: [...OPEN.capabilities.slice(0, 3), capability] }
    const peer = new RawPeer(lab, (raw) => raw.send(open, KEEPALIVE, update([TOR_ASN])))
    const node = lab.node({ gracefulRestart: { restarting: true }, holdTimeSeconds: 0 })
    node.announce([ROUTE])
    lab.until('up', () => isUp(node))
    lab.pass(30 * SECOND)
    expect(peer.heard[0]).toMatchObject({ type: 'open' })
    const offered = peer.heard[0]?.type === 'open' ? peer.heard[0].capabilities : []
    expect(offered).toContainEqual({
      type: 'graceful-restart',
      restarting: true,
      notification: false,
      restartSeconds: 120,
      families: [{ afi: 1, safi: 1, forwarding: true }],
    })
    expect(peer.updates()).toEqual([])
    peer.send({ type: 'update', withdrawn: [], attributes: [], nlri: [], errors: [] })
    lab.until('announced', () => peer.updates().length === 2)
    // The route, then our own End-of-RIB.
    expect(peer.updates()[0]?.nlri).toHaveLength(1)
    expect(peer.updates()[1]).toMatchObject({ nlri: [], attributes: [] })
  })

  test('waits no longer than the Selection_Deferral_Timer, nor for a peer that offers no graceful restart', () => {
    const lab = new Lab()
    const tor = lab.tor()
    const node = lab.node({ gracefulRestart: { restarting: true } })
    node.announce([ROUTE])
    lab.until('announced', () => tor.routeTo(VIP).paths.length === 2, 2 * SECOND)
    const capability = { type: 'graceful-restart' as const, restarting: false, notification: false, restartSeconds: 60, families: [] }
    const deaf = new Lab()
    const peer = new RawPeer(deaf, (raw) => raw.send({ ...OPEN, capabilities: [...OPEN.capabilities.slice(0, 3), capability] }, KEEPALIVE))
    const restarted = deaf.node({ gracefulRestart: { restarting: true, selectionDeferralSeconds: 15 }, holdTimeSeconds: 0 })
    restarted.announce([ROUTE])
    deaf.pass(14 * SECOND)
    expect(peer.updates()).toEqual([])
    deaf.pass(2 * SECOND)
    expect(peer.updates()).toHaveLength(2)
  })
})

test('RFC 4724: by default nothing of it is offered, so the lab’s sessions end when they end', () => {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send(OPEN, KEEPALIVE, update([TOR_ASN])))
  const node = lab.node({ holdTimeSeconds: 0 })
  lab.until('the route', () => node.routesIn(TOR).length === 1)
  expect(peer.heard[0]?.type === 'open' && peer.heard[0].capabilities.map((c) => c.type)).toEqual([
    'multiprotocol',
    'route-refresh',
    'four-octet-as',
    'add-path',
  ])
  lab.worlds.get('tor')?.end()
  lab.pass(SECOND)
  expect(node.routesIn(TOR)).toEqual([])
})
