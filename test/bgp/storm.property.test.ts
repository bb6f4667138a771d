import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerConfig } from '../../src/bgp/index.ts'
import { encodeMessage } from '../../src/bgp/wire/index.ts'
import { SECOND } from '../../src/model/index.ts'
import type { Connection, ConnectionEvent } from '../../src/world/index.ts'
import { Chance, mutate } from './fuzz/mutate.ts'
import { isUp, Lab, NODE, TOR, TOR_ASN } from './lab.ts'
import { KEEPALIVE, OPEN, RawPeer, update } from './raw-peer.ts'

/** What may happen to a speaker, from outside and from its owner. */
type Happening =
  | 'calls'
  | 'open'
  | 'keepalive'
  | 'update'
  | 'notification'
  | 'refresh'
  | 'garbage'
  | 'mutated'
  | 'closes'
  | 'aborts'
  | 'cut'
  | 'heal'
  | 'reset'
  | 'announce'
  | 'shutdown community'
  | 'wait'
  | 'wait long'

const HAPPENINGS: readonly Happening[] = [
  'calls',
  'open',
  'open',
  'keepalive',
  'keepalive',
  'update',
  'notification',
  'refresh',
  'garbage',
  'mutated',
  'closes',
  'aborts',
  'cut',
  'heal',
  'reset',
  'announce',
  'shutdown community',
  'wait',
  'wait',
  'wait long',
]
const PLAIN = { fourOctetAs: true, addPath: false }

const config: fc.Arbitrary<Partial<PeerConfig>> = fc.record(
  {
    passive: fc.boolean(),
    delayOpenSeconds: fc.constantFrom(0, 3),
    holdTimeSeconds: fc.constantFrom(0, 3, 9),
    families: fc.constantFrom(['ipv4'] as const, ['ipv6'] as const, ['ipv4', 'ipv6'] as const),
    gracefulRestart: fc.constantFrom({}, { restarting: true }, { restartSeconds: 5, stalePathSeconds: 5 }),
    enhancedRouteRefresh: fc.boolean(),
    extendedMessages: fc.boolean(),
    maximumPrefixes: fc.constantFrom(1, 1000),
    maximumAttributeOctets: fc.constantFrom(100, 100_000),
  },
  { requiredKeys: [] },
)

/** A speaker that listens and calls, and a peer that does anything, on all its connections. */
function storm(happenings: readonly Happening[], peer: Partial<PeerConfig>, seed: number) {
  const lab = new Lab({ seed })
  const chance = new Chance(seed)
  const connections = new Set<Connection>()
  const tor = lab.world('tor', TOR)
  /** Most connections come up before anything happens to them. */
  const greet = (connection: Connection) => {
    connection.send(encodeMessage({ ...OPEN, holdTimeSeconds: [0, 3, 90][chance.below(3)]! }, PLAIN))
    connection.send(encodeMessage(KEEPALIVE, PLAIN))
  }
  const sink = (connection: () => Connection | undefined) => (event: ConnectionEvent) => {
    const ended = connection()
    if ((event.type === 'closed' || event.type === 'failed') && ended) connections.delete(ended)
  }
  tor.transport.listen({ address: TOR, port: 179 }, (event) => {
    if (event.type !== 'connection') return
    const connection: Connection = event.accept(sink(() => connection))
    connections.add(connection)
    if (chance.below(4) > 0) greet(connection)
  })
  const node = lab.node(peer, { listen: true })
  const send = (bytes: Uint8Array) => {
    for (const connection of connections) connection.send(bytes.slice())
  }
  const routes = [{ prefix: '10.0.0.1/32', nextHops: ['10.0.1.11'], singleNextHop: '10.0.1.11' }]
  for (const what of happenings) {
    switch (what) {
      case 'calls': {
        const request = { remote: { address: NODE, port: 179 }, localAddress: TOR, timeout: SECOND }
        const connection: Connection = tor.transport.connect(request, (event) => sink(() => connection)(event))
        connections.add(connection)
        if (chance.below(2) === 0) greet(connection)
        break
      }
      case 'open':
        send(encodeMessage({ ...OPEN, holdTimeSeconds: [0, 3, 90][chance.below(3)]! }, PLAIN))
        break
      case 'keepalive':
        send(encodeMessage(KEEPALIVE, PLAIN))
        break
      case 'update':
        send(encodeMessage(update([TOR_ASN], `10.0.0.${chance.below(4)}`), PLAIN))
        break
      case 'notification':
        send(encodeMessage({ type: 'notification', code: 1 + chance.below(9), subcode: chance.below(12), data: new Uint8Array(3) }, PLAIN))
        break
      case 'refresh':
        send(encodeMessage({ type: 'route-refresh', afi: 1 + chance.below(2), safi: 1, subtype: chance.below(4) }, PLAIN))
        break
      case 'garbage':
        send(Uint8Array.from({ length: 1 + chance.below(60) }, () => chance.below(256)))
        break
      case 'mutated':
        send(mutate(chance))
        break
      case 'closes':
        for (const connection of connections) connection.close()
        connections.clear()
        break
      case 'aborts':
        for (const connection of connections) connection.abort()
        connections.clear()
        break
      case 'cut':
        lab.universe.cut('tor')
        break
      case 'heal':
        lab.universe.heal('tor')
        break
      case 'reset':
        node.resetPeer(TOR, 'again')
        break
      case 'announce':
        node.announce(chance.below(2) === 0 ? [] : routes)
        break
      case 'shutdown community':
        node.gracefulShutdown(chance.below(2) === 0)
        break
      case 'wait':
        lab.pass(chance.below(2 * SECOND))
        break
      case 'wait long':
        lab.pass(chance.below(60 * SECOND))
        break
    }
    lab.pass(1000)
  }
  lab.universe.heal('tor')
  return { lab, node }
}

test('RFC 4271 §8: whatever a peer and its owner do, nothing throws, and after a stop nothing runs any more', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 40 }), config, fc.nat(), (happenings, peer, seed) => {
      const { lab, node } = storm(happenings, peer, seed)
      let stopped = false
      node.stop(() => {
        stopped = true
      })
      lab.pass(5 * SECOND)
      expect(stopped).toBe(true)
      expect(node.peers()[0]).toMatchObject({ state: 'Idle', prefixesReceived: 0, prefixesSent: 0 })
      // Every timer is stopped: nothing of the speaker happens in a day. The peer's own sockets have given up long before.
      lab.worlds.get('tor')?.end()
      lab.pass(2000 * SECOND)
      expect(lab.universe.pending, 'a timer is left').toBe(0)
    }),
    { numRuns: 300 },
  )
}, 120_000)

test('RFC 4271 §8: whatever happened before, a peer that behaves is up within minutes', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 25 }), fc.nat(), (happenings, seed) => {
      const { lab, node } = storm(happenings, {}, seed)
      lab.worlds.get('tor')?.end()
      new RawPeer(lab, (raw) => raw.send({ ...OPEN, holdTimeSeconds: 0 }, KEEPALIVE))
      lab.until('up', () => isUp(node), 600 * SECOND)
    }),
    { numRuns: 150 },
  )
}, 120_000)
