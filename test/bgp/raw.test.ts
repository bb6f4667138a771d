import { describe, expect, test } from 'vitest'
import { SECOND } from '../../src/model/index.ts'
import { isUp, Lab, NODE_ASN, stateOf, TOR, TOR_ASN } from './lab.ts'
import { ECHO, KEEPALIVE, OPEN, type RawMessage, RawPeer, update } from './raw-peer.ts'
import { message } from './wire/hex.ts'

const VIP = '10.0.0.1/32'
const ROUTE = { prefix: VIP, nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }

function against(...answer: RawMessage[]) {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send(...answer))
  const node = lab.node({ holdTimeSeconds: 90, keepaliveSeconds: 30 })
  return { lab, peer, node }
}

test('OPEN, KEEPALIVE and UPDATE in one segment', () => {
  const { lab, node } = against(OPEN, KEEPALIVE, update([TOR_ASN]))
  lab.until('the route', () => node.routeTo(VIP).paths.length === 1)
  expect(node.routeTo(VIP).paths).toEqual([
    { nextHop: '10.0.1.11', from: TOR, asPath: [TOR_ASN], valid: true, best: true, multipath: true },
  ])
})

test('our own route that a peer echoes is kept, is said to be a loop, and is never used (R41)', () => {
  const { lab, node } = against(OPEN, KEEPALIVE, ECHO)
  node.announce([ROUTE])
  lab.until('the echo', () => node.routeTo(VIP).paths.length === 1)
  expect(node.routeTo(VIP).paths).toMatchObject([
    {
      asPath: [TOR_ASN, NODE_ASN],
      valid: false,
      best: false,
      multipath: false,
      whyNot: 'not used: AS loop: our own AS 65001 is in the path',
    },
  ])
})

test('a path that does not begin with the peer’s AS is not used', () => {
  const { lab, node } = against(OPEN, KEEPALIVE, update([65003, TOR_ASN]))
  lab.until('the path', () => node.routeTo(VIP).paths.length === 1)
  expect(node.routeTo(VIP).paths[0]).toMatchObject({
    valid: false,
    whyNot: 'not used: the path begins with AS 65003, the peer is AS 65002',
  })
})

test('without ADD-PATH a later path replaces the earlier', () => {
  const { lab, node } = against(OPEN, KEEPALIVE, update([TOR_ASN]), update([TOR_ASN], '10.0.0.1', '10.0.1.12'))
  lab.until('both', () => node.routeTo(VIP).paths[0]?.nextHop === '10.0.1.12')
  expect(node.routeTo(VIP).paths).toHaveLength(1)
})

test('a malformed attribute withdraws the route and the session lives (RFC 7606)', () => {
  const { lab, peer, node } = against(OPEN, KEEPALIVE, update([TOR_ASN]), update([TOR_ASN], '10.0.0.2'))
  lab.until('two routes', () => node.peers()[0]?.prefixesReceived === 2)
  peer.send(message(2, '0000 0014 40010107 400206 0201 0000fdea 400304 0a00010b 200a000001'))
  lab.until('one route', () => node.peers()[0]?.prefixesReceived === 1)
  lab.pass(SECOND)
  expect(isUp(node)).toBe(true)
})

test('an UPDATE whose NLRI cannot be read ends the session with 3/10, and its routes', () => {
  const { lab, peer, node } = against(OPEN, KEEPALIVE, update([TOR_ASN]))
  lab.until('up', () => node.peers()[0]?.prefixesReceived === 1)
  peer.send(message(2, '0000 0000 21 0a00000100'))
  lab.until('down', () => stateOf(node) === 'Idle')
  lab.pass(1000)
  expect(peer.notification()).toBe('3/10')
  expect(node.peers()[0]).toMatchObject({ prefixesReceived: 0 })
  expect(node.peers()[0]?.reason).toContain('an NLRI has a prefix length of 33')
})

test('a request for a route refresh is answered with everything (RFC 2918)', () => {
  const { lab, peer, node } = against(OPEN, KEEPALIVE)
  node.announce([ROUTE])
  lab.until('announced', () => peer.updates().length === 1)
  peer.send({ type: 'route-refresh', afi: 2, subtype: 0, safi: 1 })
  lab.pass(SECOND)
  expect(peer.updates()).toHaveLength(1)
  peer.send({ type: 'route-refresh', afi: 1, subtype: 0, safi: 1 })
  lab.until('again', () => peer.updates().length === 2)
  expect(peer.updates()[1]).toEqual(peer.updates()[0])
})

test('a peer without four-octet AS numbers gets AS_TRANS and AS4_PATH (RFC 6793)', () => {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send({ ...OPEN, capabilities: [] }, KEEPALIVE))
  peer.context = { fourOctetAs: false, addPath: false }
  const node = lab.node({}, { localAsn: 4273481990 })
  node.announce([ROUTE])
  lab.until('announced', () => peer.updates().length === 1)
  expect(peer.heard[0]).toMatchObject({ type: 'open', myAs: 23456 })
  expect(peer.updates()[0]?.attributes).toContainEqual({ type: 'as-path', segments: [{ kind: 'sequence', asns: [23456] }] })
  expect(peer.updates()[0]?.attributes).toContainEqual({ type: 'as4-path', segments: [{ kind: 'sequence', asns: [4273481990] }] })
})

describe('an OPEN that is refused', () => {
  test.each([
    ['another AS', { ...OPEN, capabilities: [{ type: 'four-octet-as' as const, asn: 65003 }] }, '2/2'],
    ['only IPv6', { ...OPEN, capabilities: [{ type: 'multiprotocol' as const, afi: 2, safi: 1 }] }, '2/7'],
    ['a hold time of two seconds', message(1, '04 fdea 0002 0a08000a 00'), '2/6'],
    ['version 3', message(1, '03 fdea 005a 0a08000a 00'), '2/1'],
    ['identifier 0.0.0.0', message(1, '04 fdea 005a 00000000 00'), '2/3'],
    ['an unknown parameter', message(1, '04 fdea 005a 0a08000a 03 010100'), '2/4'],
    ['a KEEPALIVE in its place', KEEPALIVE, '5/1'],
    ['an UPDATE before the KEEPALIVE', [OPEN, ECHO], '5/2'],
    ['bytes that are not BGP', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n'), '1/1'],
  ])('%s: NOTIFICATION', (_, answer, expected) => {
    const { lab, peer } = against(...(Array.isArray(answer) ? answer : [answer]))
    lab.until('the NOTIFICATION', () => peer.notification() !== undefined, 5 * SECOND)
    expect(peer.notification()).toBe(expected)
  })
})

test('a peer that accepts and says nothing: the large hold timer ends it after four minutes', () => {
  const { lab, peer, node } = against()
  lab.until('OpenSent', () => stateOf(node) === 'OpenSent')
  lab.until('given up', () => stateOf(node) === 'Idle', 300 * SECOND)
  expect(lab.universe.now).toBeGreaterThan(239 * SECOND)
  lab.pass(1000)
  expect(peer.notification()).toBe('4/0')
})

test('the negotiated hold time is the lesser, and keepalives are a third of it', () => {
  const { lab, peer, node } = against({ ...OPEN, holdTimeSeconds: 6 }, KEEPALIVE)
  lab.until('up', () => isUp(node))
  expect(node.peers()[0]?.negotiated).toMatchObject({ holdTimeSeconds: 6, keepaliveSeconds: 2 })
  lab.pass(1000)
  const before = peer.heard.length
  lab.pass(5.9 * SECOND)
  expect(peer.heard.length - before).toBe(2)
  lab.until('expired', () => stateOf(node) === 'Idle', SECOND)
})

test('a KEEPALIVE that arrives in the very instant in which the hold timer fires is heard', () => {
  const { lab, peer, node } = against({ ...OPEN, holdTimeSeconds: 9 }, KEEPALIVE)
  lab.until('up', () => isUp(node))
  const deadline = lab.universe.now + 9 * SECOND
  // 200 µs is the virtual network's latency.
  lab.universe.at(deadline - 200, () => peer.send(KEEPALIVE))
  lab.universe.run(deadline + SECOND)
  expect(isUp(node)).toBe(true)
  lab.universe.run(deadline + 9 * SECOND + 1000)
  expect(isUp(node)).toBe(false)
})
