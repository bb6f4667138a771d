import { describe, expect, test } from 'vitest'
import { SECOND } from '../../src/model/index.ts'
import { isUp, Lab, NODE, TOR, TOR_ASN } from './lab.ts'
import { KEEPALIVE, OPEN, type RawMessage, RawPeer, update } from './raw-peer.ts'

const ROUTE = { prefix: '10.0.0.1/32', nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }

describe('a session that is not Established says why, as an engineer would', () => {
  const refusal = (code: number, subcode: number, data: readonly number[] = []): RawMessage => ({
    type: 'notification',
    code,
    subcode,
    data: Uint8Array.from(data),
  })
  test.each<[string, RawMessage, string]>([
    [
      'wrong AS, their word',
      refusal(2, 2),
      'wrong AS: 10.8.0.10 does not expect AS 65001 from 10.0.1.100 (NOTIFICATION 2/2 received: OPEN Message Error/Bad Peer AS (2/2))',
    ],
    [
      'wrong AS, our word',
      { ...OPEN, myAs: 65009, capabilities: [{ type: 'four-octet-as', asn: 65009 }] },
      'wrong AS: My Autonomous System at octet 20: the peer is AS 65009, it is configured as AS 65002 (NOTIFICATION 2/2 sent: OPEN Message Error/Bad Peer AS (2/2))',
    ],
    [
      'identifier',
      refusal(2, 3),
      '10.8.0.10 does not accept our BGP identifier 10.0.1.100 (NOTIFICATION 2/3 received: OPEN Message Error/Bad BGP Identifier (2/3))',
    ],
    [
      'hold time',
      refusal(2, 6),
      '10.8.0.10 does not accept our hold time of 9 s (NOTIFICATION 2/6 received: OPEN Message Error/Unacceptable Hold Time (2/6))',
    ],
    [
      'no common family, their word',
      refusal(2, 7, [1, 4, 0, 2, 0, 1, 65, 4, 0, 0, 0, 0]),
      'no common address family or capability: 10.8.0.10 misses AFI 2 SAFI 1, capability 65 (NOTIFICATION 2/7 received: OPEN Message Error/Unsupported Capability (2/7))',
    ],
    [
      'no common family, our word',
      {
        ...OPEN,
        capabilities: [
          { type: 'multiprotocol', afi: 2, safi: 1 },
          { type: 'four-octet-as', asn: TOR_ASN },
        ],
      },
      'no common address family: Capabilities at octet 29: the peer does not speak IPv4 unicast, only IPv6 unicast (NOTIFICATION 2/7 sent: OPEN Message Error/Unsupported Capability (2/7))',
    ],
    [
      'not configured there',
      refusal(6, 5),
      '10.8.0.10 rejects the connection: 10.0.1.100 may not be configured there (NOTIFICATION 6/5 received: Cease/Connection Rejected (6/5))',
    ],
    [
      'an older session',
      refusal(6, 7),
      '10.8.0.10 kept another connection with 10.0.1.100: it may still hold an older session (NOTIFICATION 6/7 received: Cease/Connection Collision Resolution (6/7))',
    ],
    [
      'shut down',
      refusal(6, 2, [4, 104, 111, 109, 101]),
      '10.8.0.10 was shut down by its operator: “home” (NOTIFICATION 6/2 received: Cease/Administrative Shutdown (6/2))',
    ],
    [
      'its prefix limit',
      refusal(6, 1),
      '10.8.0.10 takes no more prefixes from us: its limit is reached (NOTIFICATION 6/1 received: Cease/Maximum Number of Prefixes Reached (6/1))',
    ],
    [
      'hold expiry there',
      refusal(4, 0),
      '10.8.0.10 heard nothing from us for its hold time (NOTIFICATION 4/0 received: Hold Timer Expired (4/0))',
    ],
    [
      'not BGP',
      new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n'),
      'what the peer sends is not BGP: Marker at octet 0: the marker is not all ones (NOTIFICATION 1/1 sent: Message Header Error/Connection Not Synchronized (1/1))',
    ],
  ])('%s', (_, answer, reason) => {
    const lab = new Lab()
    new RawPeer(lab, (raw) => raw.send(answer))
    const node = lab.node()
    lab.until('a reason', () => node.peers()[0]?.reason !== undefined)
    expect(node.peers()[0]?.reason).toBe(reason)
  })
})

test('what a NOTIFICATION told still holds when the peer then ends connections without a word', () => {
  const lab = new Lab()
  let connections = 0
  new RawPeer(lab, (raw) => {
    if (connections++ === 0) raw.send({ type: 'notification', code: 2, subcode: 2, data: new Uint8Array(0) })
    else raw.close()
  })
  const node = lab.node()
  lab.until('told', () => node.peers()[0]?.reason !== undefined)
  const told = node.peers()[0]?.reason
  expect(told).toMatch(/^wrong AS: /)
  for (const third of [2, 3]) {
    lab.until('again', () => connections === third)
    lab.pass(SECOND)
    expect(node.peers()[0]?.reason).toBe(`${told}; since then it ends each connection without a word`)
  }
  lab.universe.powerOff('tor')
  lab.until('silence', () => node.peers()[0]?.reason?.startsWith('no answer') ?? false)
})

describe('a session that is up says what is less than was wanted', () => {
  const up = (offers: { send: boolean; receive: boolean }, open = OPEN) => {
    const lab = new Lab()
    const peer = new RawPeer(lab, (raw) => raw.send(open, KEEPALIVE))
    const node = lab.node({ addPath: offers, holdTimeSeconds: 0 })
    lab.until('up', () => isUp(node))
    return { lab, peer, node }
  }
  const withAddPath = (send: boolean, receive: boolean) => ({
    ...OPEN,
    capabilities: [...OPEN.capabilities, { type: 'add-path' as const, families: [{ afi: 1, safi: 1, send, receive }] }],
  })

  test('RFC 7911: ADD-PATH one-sided, from either side', () => {
    const said = (offers: { send: boolean; receive: boolean }, open = OPEN) => up(offers, open).node.peers()[0]?.remarks
    expect(said({ send: true, receive: false })).toEqual(['the peer does not offer ADD-PATH: it gets one path for each prefix'])
    expect(said({ send: true, receive: false }, withAddPath(true, false))).toEqual([
      'the peer offers to send ADD-PATH, not to receive it: it gets one path for each prefix',
    ])
    expect(said({ send: false, receive: true }, withAddPath(false, true))).toEqual([
      'the peer offers to receive ADD-PATH, not to send it: we get one path for each prefix',
      'the peer would receive ADD-PATH, which we do not offer to send: it gets one path for each prefix',
    ])
    expect(said({ send: true, receive: false }, withAddPath(false, true))).toBeUndefined()
  })

  test('RFC 7911: ADD-PATH one-sided for IPv6 unicast, by name', () => {
    const both = [
      { type: 'multiprotocol' as const, afi: 1, safi: 1 },
      { type: 'multiprotocol' as const, afi: 2, safi: 1 },
      { type: 'add-path' as const, families: [{ afi: 1, safi: 1, send: false, receive: true }] },
    ]
    const lab = new Lab()
    new RawPeer(lab, (raw) =>
      raw.send({ ...OPEN, capabilities: [...OPEN.capabilities.filter((c) => c.type !== 'multiprotocol'), ...both] }, KEEPALIVE),
    )
    const node = lab.node({ families: ['ipv4', 'ipv6'], holdTimeSeconds: 0 })
    lab.until('up', () => isUp(node))
    expect(node.peers()[0]?.remarks).toEqual(['the peer does not offer ADD-PATH for IPv6 unicast: it gets one path for each prefix'])
  })

  test('RFC 8212: a peer that says nothing for ten seconds, although it is told routes, may lack a policy', () => {
    const { lab, peer, node } = up({ send: false, receive: false })
    node.announce([ROUTE])
    lab.pass(5 * SECOND)
    expect(node.peers()[0]?.remarks).toBeUndefined()
    lab.pass(6 * SECOND)
    expect(node.peers()[0]?.remarks?.[0]).toMatch(
      /^the peer announces nothing, not even our own routes: if it has no policy for us \(RFC 8212; FRR:/,
    )
    peer.send(update([TOR_ASN], '10.9.9.9'))
    lab.pass(SECOND)
    expect(node.peers()[0]?.remarks).toBeUndefined()
  })

  test('nothing is said where all is as wanted, nor of a session that is down', () => {
    const lab = new Lab()
    const tor = lab.tor()
    const node = lab.node()
    lab.until('up', () => isUp(node) && isUp(tor))
    expect(node.peers()[0]).not.toHaveProperty('remarks')
    node.stop()
    lab.pass(SECOND)
    expect(tor.peers()[0]).not.toHaveProperty('remarks')
    expect(tor.peers()[0]?.reason).toBe(
      `${NODE} was shut down by its operator (NOTIFICATION 6/2 received: Cease/Administrative Shutdown (6/2))`,
    )
    expect(tor.peers()[0]?.localAddress).toBe(TOR)
  })
})
