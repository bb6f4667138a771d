import { describe, expect, test } from 'vitest'
import type { PeerConfig } from '../../src/bgp/index.ts'
import { describeEvent } from '../../src/bgp/index.ts'
import { SECOND } from '../../src/model/index.ts'
import { isUp, Lab, NODE, NODE_ASN, stateOf, TOR, TOR_ASN, table } from './lab.ts'
import { KEEPALIVE, OPEN, RawPeer, update } from './raw-peer.ts'

const VIP = '10.0.0.1/32'
const ROUTE = { prefix: VIP, nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }

function pair(node: Partial<PeerConfig> = {}, tor: Partial<PeerConfig> = {}, requirePolicy = false) {
  const lab = new Lab()
  const torSpeaker = lab.tor(tor, { requirePolicy })
  const nodeSpeaker = lab.node(node, { requirePolicy })
  nodeSpeaker.announce([ROUTE])
  lab.until('up', () => isUp(nodeSpeaker) && isUp(torSpeaker))
  lab.pass(SECOND)
  return { lab, tor: torSpeaker, node: nodeSpeaker }
}

describe('RFC 8212: nothing is announced or accepted without intent', () => {
  test('nothing that `announce` was not told is ever announced, not even what a peer announced', () => {
    const { lab, tor } = pair()
    lab.until('the route', () => table(tor, NODE).length === 1)
    expect(tor.peers()[0]).toMatchObject({ prefixesSent: 0, prefixesReceived: 1 })
  })

  test('with requirePolicy, a peer without `export` is announced nothing', () => {
    const { tor, node } = pair({ import: 'all' }, { import: 'all' }, true)
    expect(table(tor, NODE)).toEqual([])
    expect(node.peers()[0]).toMatchObject({ prefixesSent: 0 })
    expect(node.peers()[0]?.remarks).toContain('nothing is announced to this peer: no export policy (RFC 8212)')
  })

  test('with requirePolicy, a peer without `import` is accepted nothing from: its paths are seen, and not used', () => {
    const { tor } = pair({ export: 'all' }, {}, true)
    expect(tor.routeTo(VIP).paths.map(({ valid, best, whyNot }) => [valid, best, whyNot])).toEqual([
      [false, false, 'not used: nothing is accepted from this peer: no import policy (RFC 8212)'],
      [false, false, 'not used: nothing is accepted from this peer: no import policy (RFC 8212)'],
    ])
    expect(tor.peers()[0]?.remarks).toContain('nothing is accepted from this peer: no import policy (RFC 8212)')
  })

  test('with both given, routes flow', () => {
    const { tor } = pair({ export: 'all', import: 'none' }, { import: 'all' }, true)
    expect(tor.routeTo(VIP).paths.map((path) => path.valid)).toEqual([true, true])
  })
})

test('RFC 2385, 5082: MD5 and GTSM are refused by name (R7)', () => {
  const { node } = pair()
  const peer = { peerAddress: '10.8.0.11', peerAsn: TOR_ASN }
  expect(() => node.addPeer({ ...peer, password: 'x' } as unknown as PeerConfig)).toThrow(
    /password: TCP MD5 \(RFC 2385\).*not supported \(R7\)/,
  )
  expect(() => node.addPeer({ ...peer, ttlSecurity: 1 } as unknown as PeerConfig)).toThrow(/GTSM \(RFC 5082\).*ip_default_ttl=255/)
  expect(() => node.addPeer({ ...peer, families: [] })).toThrow(/families/)
  expect(() => node.addPeer({ ...peer, maximumPrefixes: 0 })).toThrow(/maximumPrefixes 0; 1 to/)
})

describe('communities', () => {
  const marked = {
    ...ROUTE,
    communities: ['65001:100', 'no-export', '65001:100'],
    largeCommunities: ['4200000000:1:2', '4200000000:1:2'],
    multiExitDisc: 50,
    origin: 'incomplete' as const,
    prepend: 2,
  }

  test('RFC 1997, 8092: sent once each, with MULTI_EXIT_DISC, ORIGIN and prepended path, and read', () => {
    const lab = new Lab()
    const peer = new RawPeer(lab, (raw) => raw.send(OPEN, KEEPALIVE))
    const node = lab.node()
    node.announce([marked, { ...ROUTE, prefix: '10.0.0.2/32' }])
    lab.until('announced', () => peer.updates().length === 2)
    expect(peer.updates()[0]?.attributes).toEqual([
      { type: 'origin', value: 'incomplete' },
      { type: 'as-path', segments: [{ kind: 'sequence', asns: [NODE_ASN, NODE_ASN, NODE_ASN] }] },
      { type: 'next-hop', address: expect.any(Number) },
      { type: 'multi-exit-disc', value: 50 },
      { type: 'communities', values: [65001 * 65536 + 100, 0xffffff01] },
      { type: 'large-communities', values: [{ global: 4200000000, local1: 1, local2: 2 }] },
    ])
    expect(peer.updates()[1]?.attributes.map((a) => a.type)).toEqual(['origin', 'as-path', 'next-hop'])
    // A change of communities alone is a change.
    node.announce([
      { ...marked, communities: ['blackhole'] },
      { ...ROUTE, prefix: '10.0.0.2/32' },
    ])
    lab.until('again', () => peer.updates().length === 3)
    expect(peer.updates()[2]?.nlri).toMatchObject([{ length: 32 }])
    expect(peer.updates()[2]?.attributes).toContainEqual({ type: 'communities', values: [0xffff029a] })
    node.announce([
      { ...marked, communities: ['blackhole'] },
      { ...ROUTE, prefix: '10.0.0.2/32' },
    ])
    lab.pass(SECOND)
    expect(peer.updates()).toHaveLength(3)
  })

  test('a path that is passed on stands behind our own AS', () => {
    const lab = new Lab()
    const peer = new RawPeer(lab, (raw) => raw.send(OPEN, KEEPALIVE))
    const node = lab.node()
    node.announce([{ ...ROUTE, transit: [65001, 65010] }])
    lab.until('announced', () => peer.updates().length === 1)
    const segments = [{ kind: 'sequence', asns: [NODE_ASN, 65001, 65010] }]
    expect(peer.updates()[0]?.attributes[1]).toEqual({ type: 'as-path', segments })
    // Another way to the same next hop is a change.
    node.announce([{ ...ROUTE, transit: [65001] }])
    lab.until('again', () => peer.updates().length === 2)
    expect(() => node.announce([{ ...ROUTE, transit: [0] }])).toThrow('transit: 0 is no AS number')
  })

  test('text that is no community is the caller’s error, and nothing changes', () => {
    const { node, tor, lab } = pair()
    for (const bad of [
      { communities: ['65536:1'] },
      { communities: ['x'] },
      { largeCommunities: ['1:2'] },
      { multiExitDisc: -1 },
      { prepend: 200 },
    ]) {
      expect(() => node.announce([{ ...ROUTE, ...bad }])).toThrow(TypeError)
    }
    lab.pass(SECOND)
    expect(table(tor, NODE)).toHaveLength(1)
  })
})

describe('RFC 8326: graceful shutdown', () => {
  test('everything goes again with GRACEFUL_SHUTDOWN, and without it when it is taken back', () => {
    const lab = new Lab()
    const peer = new RawPeer(lab, (raw) => raw.send(OPEN, KEEPALIVE))
    const node = lab.node({ holdTimeSeconds: 0 })
    node.announce([{ ...ROUTE, communities: ['65001:1'] }])
    lab.until('announced', () => peer.updates().length === 1)
    node.gracefulShutdown()
    lab.until('again', () => peer.updates().length === 2)
    expect(peer.updates()[1]?.attributes).toContainEqual({ type: 'communities', values: [65001 * 65536 + 1, 0xffff0000] })
    node.gracefulShutdown(false)
    lab.until('taken back', () => peer.updates().length === 3)
    expect(peer.updates()[2]?.attributes).toContainEqual({ type: 'communities', values: [65001 * 65536 + 1] })
  })

  test('its paths are the last choice, unless told otherwise', () => {
    const { lab, tor, node } = pair()
    const other = lab.speaker('other', {
      localAddress: '10.0.1.101',
      localAsn: NODE_ASN,
      peers: [{ peerAddress: TOR, peerAsn: TOR_ASN }],
    })
    tor.addPeer({ peerAddress: '10.0.1.101', peerAsn: NODE_ASN, passive: true, honorGracefulShutdown: true })
    other.announce([{ ...ROUTE, prepend: 3 }])
    lab.until('three paths', () => tor.routeTo(VIP).paths.length === 3)
    expect(tor.routeTo(VIP).paths[0]?.from).toBe(NODE)
    node.gracefulShutdown()
    lab.pass(SECOND)
    expect(tor.routeTo(VIP).paths[0]?.from).toBe('10.0.1.101')
    expect(tor.routeTo(VIP).paths[1]).toMatchObject({ multipath: false, whyNot: 'not used: the best path has a higher LOCAL_PREF' })
    const ignoring = pair({}, { honorGracefulShutdown: false })
    ignoring.node.gracefulShutdown()
    ignoring.lab.pass(SECOND)
    expect(ignoring.tor.routeTo(VIP).paths[0]).toMatchObject({ best: true })
  })
})

describe('RFC 9003: words for the other operator', () => {
  test('a shutdown and a reset carry them; the other end logs and shows them', () => {
    const { lab, tor, node } = pair()
    node.resetPeer(TOR, 'TICKET-1: new software')
    lab.until('down', () => stateOf(tor) === 'Idle')
    expect(tor.peers()[0]?.reason).toBe(
      '10.0.1.100 was reset by its operator: “TICKET-1: new software” (NOTIFICATION 6/4 received: Cease/Administrative Reset (6/4))',
    )
    lab.until('up again', () => isUp(node) && isUp(tor))
    node.stop(() => {}, 'back at 14:00 ☕')
    lab.until('down', () => stateOf(tor) === 'Idle')
    const lines = lab.events.filter((e) => e.device === 'tor').map((e) => describeEvent(e.event))
    expect(lines).toContain('received notification Key=10.0.1.100 Cease/Administrative Shutdown (6/2) detail="back at 14:00 ☕"')
    expect(lab.events.find((e) => e.device === 'node' && e.event.type === 'notification' && e.event.subcode === 2)?.event).toMatchObject({
      direction: 'sent',
      detail: 'back at 14:00 ☕',
    })
  })
})

describe('who is who', () => {
  test('RFC 6286: two speakers with one BGP identifier in two ASes get on; in a collision the higher AS decides', () => {
    const lab = new Lab()
    const tor = lab.tor({ passive: false }, { routerId: '1.1.1.1' })
    const node = lab.node({}, { routerId: '1.1.1.1', listen: true })
    lab.until('both up', () => isUp(node) && isUp(tor))
    lab.pass(60 * SECOND)
    expect(node.peers()).toMatchObject([{ state: 'Established', establishedCount: 1 }])
    expect(tor.peers()).toMatchObject([{ state: 'Established', establishedCount: 1 }])
  })

  test.each([
    ['in the two-octet field', { ...OPEN, myAs: 0, capabilities: [] }],
    ['in the capability', { ...OPEN, capabilities: [{ type: 'four-octet-as' as const, asn: 0 }] }],
  ])('RFC 7607: AS 0 %s is a Bad Peer AS', (_, open) => {
    const lab = new Lab()
    const peer = new RawPeer(lab, (raw) => raw.send(open))
    lab.node()
    lab.until('refused', () => peer.notification() !== undefined)
    expect(peer.notification()).toBe('2/2')
  })

  test('RFC 6793: AS4_PATH brings back what AS_TRANS stood for; with a foreign AGGREGATOR it is ignored', () => {
    const lab = new Lab()
    const peer = new RawPeer(lab, (raw) => raw.send({ ...OPEN, capabilities: [] }, KEEPALIVE))
    peer.context = { fourOctetAs: false, addPath: false }
    const node = lab.node()
    const old = update([TOR_ASN, 23456])
    const as4 = { type: 'as4-path' as const, segments: [{ kind: 'sequence' as const, asns: [4273481990] }] }
    lab.until('up', () => isUp(node))
    peer.send({ ...old, attributes: [...old.attributes, as4] })
    lab.until('the path', () => node.routeTo(VIP).paths.length === 1)
    expect(node.routeTo(VIP).paths[0]?.asPath).toEqual([TOR_ASN, 4273481990])
    const aggregator = { type: 'aggregator' as const, asn: 65009, address: 1 }
    const as4Aggregator = { type: 'as4-aggregator' as const, asn: 4273481990, address: 1 }
    peer.send({ ...old, attributes: [...old.attributes, aggregator, as4, as4Aggregator] })
    lab.pass(SECOND)
    expect(node.routeTo(VIP).paths[0]?.asPath).toEqual([TOR_ASN, 23456])
  })

  test('RFC 6793 §6: an AS4_PATH from a four-octet speaker is discarded', () => {
    const lab = new Lab()
    const old = update([TOR_ASN, 23456])
    const as4 = { type: 'as4-path' as const, segments: [{ kind: 'sequence' as const, asns: [4273481990] }] }
    new RawPeer(lab, (raw) => raw.send(OPEN, KEEPALIVE, { ...old, attributes: [...old.attributes, as4] }))
    const node = lab.node()
    lab.until('the path', () => node.routeTo(VIP).paths.length === 1)
    expect(node.routeTo(VIP).paths[0]?.asPath).toEqual([TOR_ASN, 23456])
  })

  test('RFC 4271 §6.3: a next hop that is our own address is not used', () => {
    const lab = new Lab()
    new RawPeer(lab, (raw) => raw.send(OPEN, KEEPALIVE, update([TOR_ASN], '10.0.0.1', NODE)))
    const node = lab.node()
    lab.until('the path', () => node.routeTo(VIP).paths.length === 1)
    expect(node.routeTo(VIP).paths[0]).toMatchObject({ valid: false, whyNot: 'not used: the next hop is our own address' })
  })
})
