import { describe, expect, test } from 'vitest'
import type { FamilyName } from '../../src/bgp/index.ts'
import { SECOND } from '../../src/model/index.ts'
import { isUp, Lab, NODE, TOR, TOR_ASN, table } from './lab.ts'
import { KEEPALIVE, OPEN, RawPeer, update, update6 } from './raw-peer.ts'
import { message } from './wire/hex.ts'

const BOTH: readonly FamilyName[] = ['ipv4', 'ipv6']
const V4 = { prefix: '10.0.0.1/32', nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }
const V6 = { prefix: '2001:db8:1::/48', nextHops: ['2001:db8::11', '2001:db8::12'], singleNextHop: '2001:db8::11' }

function pair(node: readonly FamilyName[], tor: readonly FamilyName[], addPathIpv6 = { send: true, receive: true }) {
  const lab = new Lab()
  const torSpeaker = lab.tor({ families: tor, addPathIpv6 })
  const nodeSpeaker = lab.node({ families: node, addPathIpv6 })
  nodeSpeaker.announce([V4, V6])
  lab.until('up', () => isUp(nodeSpeaker) && isUp(torSpeaker))
  lab.pass(SECOND)
  return { lab, tor: torSpeaker, node: nodeSpeaker }
}

describe('RFC 4760: families are what both ends speak', () => {
  test('both: routes of both in one session, with path identifiers of their own (RFC 7911)', () => {
    const { lab, tor, node } = pair(BOTH, BOTH)
    expect(table(tor, NODE)).toEqual(['10.0.0.1/32: 10.0.1.11#1 10.0.1.12#2', '2001:db8:1::/48: 2001:db8::11#1 2001:db8::12#2'])
    expect(tor.routeTo('2001:db8:1::/48').paths).toMatchObject([
      { nextHop: '2001:db8::11', valid: true, best: true, multipath: true, asPath: [65001] },
      { nextHop: '2001:db8::12', valid: true, best: false, multipath: true },
    ])
    node.announce([V4, { ...V6, nextHops: ['2001:db8::12'] }])
    lab.pass(SECOND)
    expect(table(tor, NODE)[1]).toBe('2001:db8:1::/48: 2001:db8::12#2')
    node.announce([V4])
    lab.pass(SECOND)
    expect(table(tor, NODE)).toHaveLength(1)
    expect(node.peers()[0]).toMatchObject({ prefixesSent: 1 })
  })

  test('RFC 7911: ADD-PATH for IPv4 alone leaves one IPv6 path', () => {
    const { tor } = pair(BOTH, BOTH, { send: false, receive: false })
    expect(table(tor, NODE)).toEqual(['10.0.0.1/32: 10.0.1.11#1 10.0.1.12#2', '2001:db8:1::/48: 2001:db8::11'])
  })

  test('one end speaks IPv4 alone: IPv6 routes stay at home, and the session says so', () => {
    const { tor, node } = pair(BOTH, ['ipv4'])
    expect(table(tor, NODE)).toEqual(['10.0.0.1/32: 10.0.1.11#1 10.0.1.12#2'])
    expect(node.peers()[0]?.remarks).toContain('the peer does not speak ipv6 unicast')
  })

  test('IPv6 alone, over IPv4', () => {
    const { tor, node } = pair(['ipv6'], ['ipv6'])
    expect(table(tor, NODE)).toEqual(['2001:db8:1::/48: 2001:db8::11#1 2001:db8::12#2'])
    expect(node.peers()[0]?.negotiated?.families).toEqual({ ipv4: false, ipv6: true })
  })

  test('IPv4 routes of a peer with which IPv6 alone was negotiated are left out, however they come, and the session says so', () => {
    const lab = new Lab()
    const multiprotocol = { type: 'multiprotocol' as const, afi: 2, safi: 1 }
    const open = { ...OPEN, capabilities: [multiprotocol, { type: 'four-octet-as' as const, asn: TOR_ASN }] }
    const peer = new RawPeer(lab, (raw) => raw.send(open, KEEPALIVE))
    const node = lab.node({ families: ['ipv6'], addPath: { send: false, receive: false } })
    lab.until('up', () => isUp(node))
    expect(node.peers()[0]?.remarks).toBeUndefined()
    const { attributes, nlri } = update([TOR_ASN])
    const reach = { type: 'mp-reach' as const, afi: 1, safi: 1, nextHop: Uint8Array.of(10, 0, 1, 11), nlri, other: new Uint8Array(0) }
    peer.send(update([TOR_ASN]), { ...update([TOR_ASN]), attributes: [reach, ...attributes], nlri: [] })
    const six = update6([TOR_ASN])
    peer.send({ ...six, attributes: [...six.attributes, ...attributes.filter(({ type }) => type === 'next-hop')], nlri })
    lab.pass(SECOND)
    expect(table(node, TOR)).toEqual(['2001:db8:1::/48: 2001:db8::11'])
    expect(node.peers()[0]).toMatchObject({ state: 'Established', prefixesReceived: 1 })
    expect(node.peers()[0]?.remarks).toEqual(['the peer announces IPv4 unicast routes, which were not negotiated: they are ignored'])
  })

  test('RFC 5492 §5: no common family is NOTIFICATION 2/7 with the capability that is missing', () => {
    const lab = new Lab()
    const tor = lab.tor({ families: ['ipv6'] })
    const node = lab.node()
    lab.until('refused', () => lab.notifications('node').includes('received 2/7') || lab.notifications('node').includes('sent 2/7'))
    lab.until('both say so', () => tor.peers()[0]?.reason !== undefined && node.peers()[0]?.reason !== undefined)
    const reasons = [tor.peers()[0]?.reason, node.peers()[0]?.reason].join('\n')
    expect(reasons).toMatch(/no common address family: Capabilities at octet 29: the peer does not speak IPv. unicast, only IPv. unicast/)
    lab.pass(30 * SECOND)
    expect(isUp(node)).toBe(false)
  })
})

test('RFC 4760: routes of families that were not negotiated are not taken, whatever they hold', () => {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send(OPEN, KEEPALIVE))
  const node = lab.node()
  lab.until('up', () => isUp(node))
  const attributes = '40010100 400206 0201 0000fdea'
  peer.send(message(2, `0000 001d 800e0d 0002 01 04 0a00010b 00 81 ffffff ${attributes}`))
  peer.send(message(2, `0000 0019 800e09 4004 47 00 00 ffffffff ${attributes}`))
  lab.pass(SECOND)
  expect(isUp(node)).toBe(true)
  expect(node.peers()[0]?.prefixesReceived).toBe(0)
})

test('RFC 7606: an IPv6 route with a malformed attribute is really withdrawn, and the session lives', () => {
  const lab = new Lab()
  const context = { fourOctetAs: true, addPath: false, ipv6: { addPath: false } }
  const open = { ...OPEN, capabilities: [...OPEN.capabilities, { type: 'multiprotocol' as const, afi: 2, safi: 1 }] }
  const peer = new RawPeer(lab, (raw) => raw.send(open, KEEPALIVE))
  peer.context = context
  const node = lab.node({ families: BOTH })
  lab.until('up', () => isUp(node))
  const reach = (origin: string) =>
    message(2, `0000 002c 800e1c 0002 01 10 20010db8000000000000000000000001 00 30 20010db80001 400101${origin} 400206 0201 0000fdea`)
  peer.send(reach('00'))
  lab.until('the route', () => node.routeTo('2001:db8:1::/48').paths.length === 1)
  peer.send(reach('07'))
  lab.until('gone', () => node.routeTo('2001:db8:1::/48').paths.length === 0)
  peer.send(reach('00'), message(2, '0000 000d 800f0a 0002 01 30 20010db80001'))
  lab.pass(SECOND)
  expect(node.routesIn(TOR)).toEqual([])
  expect(isUp(node)).toBe(true)
})
