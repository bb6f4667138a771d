import { describe, expect, test } from 'vitest'
import type { PeerConfig, Speaker } from '../../src/bgp/index.ts'
import { Lab } from './lab.ts'

/** A speaker that nobody starts: what no session can run with is said at once, to whoever configured it. */
function configured(peer: Partial<PeerConfig>): Speaker {
  const lab = new Lab()
  return lab.node(peer)
}

describe('a configuration that cannot run is a TypeError of the call that brought it', () => {
  test.each<[string, Partial<PeerConfig>, RegExp]>([
    ['no retry at all', { connectRetrySeconds: 0 }, /connectRetrySeconds 0/],
    ['a retry before now', { connectRetrySeconds: -5 }, /connectRetrySeconds -5/],
    ['a retry that is no number', { connectRetrySeconds: Number.NaN }, /connectRetrySeconds NaN/],
    ['a wait in Idle before now', { idleHold: { initialSeconds: -1, capSeconds: 5 } }, /idleHold\.initialSeconds -1/],
    ['an endless wait in Idle', { idleHold: { initialSeconds: 1, capSeconds: Number.POSITIVE_INFINITY } }, /idleHold\.capSeconds Infinity/],
    ['keepalives without end', { holdTimeSeconds: 9, keepaliveSeconds: 0 }, /keepaliveSeconds 0/],
    ['a port that there is not', { port: 99_999 }, /port 99999/],
  ])('%s', (_, peer, message) => {
    expect(() => configured(peer)).toThrow(TypeError)
    expect(() => configured(peer)).toThrow(message)
  })

  test('a next hop that is no host', () => {
    const node = configured({})
    expect(() => node.announce([{ prefix: '10.0.0.1/32', nextHops: ['224.0.0.1'] }])).toThrow('224.0.0.1 cannot be a next hop')
  })
})
