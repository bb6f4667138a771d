import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Candidate, type DecisionOptions, decide } from '../../src/bgp/index.ts'
import { ipv4 } from '../../src/net/index.ts'

interface Wish {
  readonly peer?: string
  readonly id?: string
  readonly path?: readonly number[]
  readonly med?: number
  readonly origin?: 'igp' | 'egp' | 'incomplete'
  readonly localPref?: number
  readonly hop?: string
  readonly internal?: boolean
  readonly since?: number
  readonly pathId?: number
  readonly rejected?: string
}

function candidate(wish: Wish): Candidate {
  const {
    peer = '10.8.0.10',
    id = peer,
    path = [65002],
    med,
    origin = 'igp',
    localPref,
    hop = peer,
    internal,
    since,
    pathId = 0,
    rejected,
  } = wish
  return {
    peerAddress: ipv4(peer),
    peerIdentifier: ipv4(id),
    addPath: false,
    ...(internal === undefined ? {} : { internal }),
    ...(since === undefined ? {} : { since }),
    path: {
      pathId,
      attributes: {
        nextHop: ipv4(hop),
        origin,
        asPath: path,
        asPathLength: path.length,
        ...(path[0] === undefined ? {} : { neighborAs: path[0] }),
        ...(med === undefined ? {} : { multiExitDisc: med }),
        ...(localPref === undefined ? {} : { localPref }),
        ...(rejected === undefined ? {} : { rejected }),
        communities: [],
      },
    },
  }
}

const best = (wishes: readonly Wish[], options: DecisionOptions = {}) => decide(wishes.map(candidate), options)[0]

describe('RFC 4271 §9.1.2.2: each step decides before the next', () => {
  const A = '10.8.0.10'
  const B = '10.8.0.11'
  test.each<[string, Wish, Wish, DecisionOptions, string]>([
    ['LOCAL_PREF before path length', { localPref: 50, path: [65002] }, { path: [65003, 1, 2, 3] }, {}, 'higher LOCAL_PREF'],
    ['a) path length before ORIGIN', { path: [65002, 1] }, { path: [65003], origin: 'incomplete' }, {}, 'shorter AS path'],
    ['b) ORIGIN before MULTI_EXIT_DISC', { origin: 'egp', med: 1 }, { med: 100 }, {}, 'lower ORIGIN'],
    ['c) MULTI_EXIT_DISC of one neighbour AS', { med: 20 }, { med: 10 }, {}, 'lower MULTI_EXIT_DISC'],
    ['c) none counts as the lowest', { med: 1 }, {}, {}, 'lower MULTI_EXIT_DISC'],
    ['c) or as the highest', {}, { med: 4_000_000_000 }, { missingMedIsWorst: true }, 'lower MULTI_EXIT_DISC'],
    [
      'c) between neighbour ASes where asked for',
      { path: [65002], med: 9 },
      { path: [65003], med: 1 },
      { alwaysCompareMed: true },
      'lower MULTI_EXIT_DISC',
    ],
    ['d) external before internal', { internal: true }, {}, {}, 'peer outside our AS'],
    ['e) the nearer next hop', {}, {}, { metric: (hop) => (hop === A ? 20 : 10) }, 'nearer next hop'],
  ])('%s', (_, loser, winner, options, step) => {
    const paths = decide([candidate({ ...loser, peer: A }), candidate({ ...winner, peer: B })], options)
    expect(paths.map((path) => path.from)).toEqual([B, A])
    expect(paths[0]).toMatchObject({ best: true, multipath: true })
    expect(paths[1]).toMatchObject({ best: false, multipath: false, valid: true, whyNot: `not used: the best path has a ${step}` })
  })

  test.each<[string, Wish, Wish, DecisionOptions]>([
    ['the oldest, where asked for', { id: '1.1.1.1', since: 2 }, { id: '2.2.2.2', since: 1 }, { preferOldest: true }],
    ['f) the lower BGP identifier', { id: '200.1.1.1' }, { id: '100.1.1.1' }, {}],
    ['g) the lower address of the peer', { peer: '10.8.0.20', id: '1.1.1.1' }, { peer: '10.8.0.3', id: '1.1.1.1' }, {}],
    ['the lower path identifier', { pathId: 2 }, { pathId: 1 }, {}],
  ])('a tie is broken by %s, and both share the traffic', (_, second, first, options) => {
    for (const order of [
      [second, first],
      [first, second],
    ]) {
      const paths = decide(order.map(candidate), options)
      expect(paths.map((path) => path.multipath)).toEqual([true, true])
      expect(paths[0]?.from).toBe(first.peer ?? '10.8.0.10')
      expect(paths[0]?.best).toBe(true)
    }
  })

  test('c) a MULTI_EXIT_DISC never counts against another neighbour’s, whichever is seen first', () => {
    // Pairwise: a beats b (identifier), b beats c (identifier), c beats a (MED): no order. By elimination a is out.
    const a = { peer: '10.0.0.1', path: [1], med: 20 }
    const b = { peer: '10.0.0.2', path: [2], med: 30 }
    const c = { peer: '10.0.0.3', path: [1], med: 10 }
    for (const order of [
      [a, b, c],
      [c, b, a],
      [b, a, c],
    ]) {
      expect(decide(order.map(candidate)).map(({ from, multipath }) => [from, multipath])).toEqual([
        ['10.0.0.2', true],
        ['10.0.0.3', true],
        ['10.0.0.1', false],
      ])
    }
  })
})

describe('RFC 4271 §9.1.2: what is never used', () => {
  test('a next hop that cannot be reached, and a path that policy rejects, come last with their reasons', () => {
    const metric = (hop: string) => (hop === '10.8.0.10' ? ('unreachable' as const) : 5)
    const wishes: Wish[] = [{ peer: '10.8.0.12', rejected: 'AS loop: …' }, {}, { peer: '10.8.0.11', path: [65002, 1, 2] }]
    expect(decide(wishes.map(candidate), { metric }).map(({ from, valid, whyNot }) => [from, valid, whyNot])).toEqual([
      ['10.8.0.11', true, undefined],
      ['10.8.0.10', false, 'not used: no route to the next hop 10.8.0.10'],
      ['10.8.0.12', false, 'not used: AS loop: …'],
    ])
    expect(best([{ rejected: 'x' }])).toMatchObject({ best: false, valid: false })
    expect(decide([])).toEqual([])
  })
})

describe('multipath', () => {
  const four = ['10.8.0.10', '10.8.0.11', '10.8.0.12', '10.8.0.13'].map((peer, i) => candidate({ peer, path: [65002 + (i % 2)] }))
  test('all that are equal up to the next hop’s metric, at most as many as asked for', () => {
    expect(decide(four).filter((path) => path.multipath)).toHaveLength(4)
    const two = decide(four, { maximumPaths: 2 })
    expect(two.map((path) => path.multipath)).toEqual([true, true, false, false])
    expect(two[2]?.whyNot).toBe('not used: 2 paths are used already')
  })

  test('of the best path’s neighbour AS alone, where asked for', () => {
    expect(
      decide(four, { sameAsPath: true })
        .filter((path) => path.multipath)
        .map((path) => path.from),
    ).toEqual(['10.8.0.10', '10.8.0.12'])
  })
})

test('RFC 4271 §9.1.2.2: the order in which paths came never matters', () => {
  const wish: fc.Arbitrary<Wish> = fc.record(
    {
      peer: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
      id: fc.constantFrom('1.1.1.1', '2.2.2.2'),
      path: fc.array(fc.constantFrom(1, 2, 3), { minLength: 1, maxLength: 2 }),
      med: fc.constantFrom(0, 10, 20),
      origin: fc.constantFrom('igp' as const, 'egp' as const),
      localPref: fc.constantFrom(0, 100, 200),
      hop: fc.constantFrom('10.1.0.1', '10.1.0.2', '10.1.0.3'),
      internal: fc.boolean(),
      since: fc.constantFrom(1, 2),
      pathId: fc.integer({ min: 0, max: 3 }),
      rejected: fc.constantFrom('loop'),
    },
    { requiredKeys: ['peer', 'pathId'] },
  )
  // One peer has one identifier, and numbers its paths.
  const wishes = fc
    .uniqueArray(wish, { maxLength: 8, selector: ({ peer, pathId }) => `${peer} ${pathId}` })
    .map((list) => list.map((one) => ({ ...one, id: list.find((other) => other.peer === one.peer)?.id ?? one.peer! })))
  const options: fc.Arbitrary<DecisionOptions> = fc.record(
    {
      maximumPaths: fc.integer({ min: 1, max: 4 }),
      sameAsPath: fc.boolean(),
      alwaysCompareMed: fc.boolean(),
      missingMedIsWorst: fc.boolean(),
      preferOldest: fc.boolean(),
      metric: fc.constant((hop: string) => (hop === '10.1.0.3' ? ('unreachable' as const) : Number(hop.at(-1)))),
    },
    { requiredKeys: [] },
  )
  const shuffled = wishes.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
  fc.assert(
    fc.property(shuffled, options, ([list, other], o) => {
      const one = decide(list.map(candidate), o)
      expect(decide(other.map(candidate), o)).toEqual(one)
      expect(one).toHaveLength(list.length)
      expect(one.filter((path) => path.best)).toHaveLength(one.some((path) => path.valid) ? 1 : 0)
      // The best is one of those that are used, and whoever is not used is told why.
      for (const path of one) expect(path.multipath).toBe(path.whyNot === undefined)
      expect(one.filter((path) => path.multipath).length).toBeLessThanOrEqual(o.maximumPaths ?? 99)
    }),
    { numRuns: 1000 },
  )
})

test('two hundred thousand paths of one prefix, as ADD-PATH allows: decided by each step, and not each path against each', () => {
  const many = 200_000
  const paths = decide(
    Array.from({ length: many }, (_, i) =>
      candidate({ pathId: i, path: i % 2 === 0 ? [65002] : [65002, 65003], med: i % 4, ...(i % 5 === 0 ? { rejected: 'no' } : {}) }),
    ),
  )
  const valid = (many / 5) * 4
  expect(paths).toHaveLength(many)
  expect(paths.filter((path) => path.multipath)).toHaveLength(valid / 4)
  expect(paths.filter((path) => path.whyNot?.endsWith('shorter AS path'))).toHaveLength(valid / 2)
  expect(paths.filter((path) => !path.valid)).toHaveLength(many / 5)
}, 10_000)
