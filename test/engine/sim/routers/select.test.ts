import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../../../src/bgp/index.ts'
import { PROFILES } from '../../../../src/engine/sim/routers/profiles.ts'
import { type SelectInputs, select } from '../../../../src/engine/sim/routers/select.ts'
import { ipv4 } from '../../../../src/net/index.ts'
import type { NeighborPlan, RouterPlan } from '../../../../src/topology/plan.ts'

const PREFIX = '10.0.0.1/32'

const neighbor = (address: string, multihop = true) => ({ address, multihop }) as NeighborPlan
const ROUTER = {
  name: 'tor1',
  asn: 65002,
  maximumPaths: 16,
  neighbors: [neighbor('10.0.1.100'), neighbor('10.0.2.100'), neighbor('10.9.0.1', false)],
} as unknown as RouterPlan

/** A path from `peer`; its identifier makes it one of a session with ADD-PATH. */
function path(peer: string, nextHop: string, more: { pathId?: number; asPath?: readonly number[]; rejected?: string } = {}): Candidate {
  const { pathId, asPath = [65001], rejected } = more
  const attributes = {
    nextHop: ipv4(nextHop),
    origin: 'igp' as const,
    asPath,
    asPathLength: asPath.length,
    communities: [],
    ...(rejected === undefined ? {} : { rejected }),
  }
  const [peerAddress, peerIdentifier] = [ipv4(peer), ipv4(peer)]
  return { peerAddress, peerIdentifier, addPath: pathId !== undefined, path: { pathId: pathId ?? 0, attributes } }
}

function selected(candidates: readonly Candidate[], more: Partial<SelectInputs> = {}) {
  return select({
    plan: ROUTER,
    profile: PROFILES['frr-8.4'],
    prefix: PREFIX,
    candidates,
    own: 'no',
    resolve: (via) => ({ ok: true, hops: [{ via, interface: 'rack1' }] }),
    onLink: () => false,
    ...more,
  })
}

const hops = (selection: ReturnType<typeof select>) => selection.hops.map((hop) => hop.via)
const whyNot = (selection: ReturnType<typeof select>) =>
  Object.fromEntries(selection.route.paths.map((each) => [`${each.from} ${each.nextHop}`, each.whyNot]))

describe('what a router makes of its paths', () => {
  test('all that are equal share the traffic; a path whose next hop is in use already adds none', () => {
    const selection = selected([
      path('10.0.1.100', '10.0.1.11', { pathId: 1 }),
      path('10.0.1.100', '10.0.1.12', { pathId: 2 }),
      path('10.0.2.100', '10.0.1.11', { pathId: 1 }),
    ])
    expect(hops(selection)).toEqual(['10.0.1.11', '10.0.1.12'])
    expect(selection.route.paths.map((each) => [each.from, each.pathId, each.best, each.multipath])).toEqual([
      ['10.0.1.100', 1, true, true],
      ['10.0.1.100', 2, false, true],
      ['10.0.2.100', 1, false, false],
    ])
    expect(whyNot(selection)['10.0.2.100 10.0.1.11']).toBe('its next hop is already in use through another path')
  })

  test('maximum-paths counts distinct next hops', () => {
    const three = ['11', '12', '13'].flatMap((host, index) => [
      path('10.0.1.100', `10.0.1.${host}`, { pathId: index + 1 }),
      path('10.0.2.100', `10.0.1.${host}`, { pathId: index + 1 }),
    ])
    expect(hops(selected(three, { plan: { ...ROUTER, maximumPaths: 3 } }))).toHaveLength(3)
    const two = selected(three, { plan: { ...ROUTER, maximumPaths: 2 } })
    expect(hops(two)).toEqual(['10.0.1.11', '10.0.1.12'])
    expect(whyNot(two)['10.0.1.100 10.0.1.13']).toBe('maximum-paths 2 is reached → maximum-paths 3 or more')
  })

  test('next hops that leave by one gateway are one way in the kernel', () => {
    const behind = () => ({ ok: true as const, hops: [{ via: '10.9.0.1', interface: 'core' }] })
    const selection = selected([path('10.0.1.100', '10.0.2.11', { pathId: 1 }), path('10.0.1.100', '10.0.2.12', { pathId: 2 })], {
      resolve: behind,
    })
    expect(selection.route.paths.filter((each) => each.multipath)).toHaveLength(2)
    expect(hops(selection)).toEqual(['10.9.0.1'])
  })

  test('FRR: a single-hop peer may name only next hops on a connected subnet, with the cure', () => {
    const candidates = [path('10.9.0.1', '10.0.3.11')]
    const off = selected(candidates)
    expect(hops(off)).toEqual([])
    expect(off.route.paths).toMatchObject([
      { valid: false, best: false, whyNot: expect.stringContaining('neighbor 10.9.0.1 ebgp-multihop') },
    ])
    expect(hops(selected(candidates, { onLink: () => true }))).toEqual(['10.0.3.11'])
    expect(hops(selected(candidates, { profile: PROFILES['gobgp-3.10'] }))).toEqual(['10.0.3.11'])
  })

  test('GoBGP looks at no next hop: the best may be one that nobody can reach, and it is announced on', () => {
    const resolve = (via: string) =>
      via === '10.0.1.11' ? { ok: false as const, reason: 'no route' } : { ok: true as const, hops: [{ via, interface: 'rack1' }] }
    const candidates = [path('10.0.1.100', '10.0.1.11'), path('10.0.2.100', '10.0.1.12')]
    const gobgp = selected(candidates, { resolve, profile: PROFILES['gobgp-3.10'] })
    expect(gobgp.best?.path.nextHop).toBe('10.0.1.11')
    expect(hops(gobgp)).toEqual(['10.0.1.12'])
    expect(gobgp.route.paths[0]).toMatchObject({ nextHop: '10.0.1.11', valid: false, best: true, multipath: false, whyNot: 'no route' })
    const frr = selected(candidates, { resolve })
    expect(frr.best?.path.nextHop).toBe('10.0.1.12')
  })

  test('a longer AS path loses; what is dropped on receipt is not in the table', () => {
    const selection = selected([
      path('10.0.1.100', '10.0.1.11'),
      path('10.0.2.100', '10.0.1.12', { asPath: [65001, 65010] }),
      path('10.9.0.1', '10.9.0.1', { rejected: 'AS loop' }),
    ])
    expect(hops(selection)).toEqual(['10.0.1.11'])
    expect(whyNot(selection)).toEqual({
      '10.0.1.100 10.0.1.11': undefined,
      '10.0.2.100 10.0.1.12': 'its AS path is longer than the best one',
    })
  })

  test('what it originates itself is best, and nothing is installed for it; without the route it is not valid', () => {
    const own = selected([path('10.0.1.100', '10.0.1.11')], { own: 'present' })
    expect(hops(own)).toEqual([])
    expect(own.best?.path.from).toBe('0.0.0.0')
    const missing = selected([path('10.0.1.100', '10.0.1.11')], { own: 'missing' })
    expect(hops(missing)).toEqual(['10.0.1.11'])
    expect(missing.route.paths[0]).toMatchObject({ from: '0.0.0.0', valid: false })
  })
})
