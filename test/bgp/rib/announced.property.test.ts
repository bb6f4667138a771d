import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AnnouncedRoute, AnnouncedTable } from '../../../src/bgp/rib/announced.ts'
import { parseKey, type RouteKey } from '../../../src/bgp/rib/key.ts'
import { formatIpv4 } from '../../../src/net/index.ts'

const PREFIXES = ['10.1.0.1/32', '10.1.0.2/32', '10.1.0.3/32', '10.1.0.4/32']
const HOPS = ['10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14', '10.0.0.15']

/** Lists of next hops come from a small pool, as those of Services do: prefixes in a row share them. */
const route = fc.record({
  nextHops: fc.subarray(HOPS, { minLength: 0 }).chain((hops) => fc.shuffledSubarray(hops, { minLength: hops.length })),
  single: fc.option(fc.constantFrom(...HOPS), { nil: undefined }),
  med: fc.option(fc.constantFrom(10, 20), { nil: undefined }),
})
const step = fc.tuple(fc.subarray(PREFIXES), fc.array(route, { minLength: 1, maxLength: 2 }))

function routesOf([prefixes, pool]: [string[], { nextHops: string[]; single: string | undefined; med: number | undefined }[]]) {
  return prefixes.map((prefix, index): AnnouncedRoute => {
    const { nextHops, single, med } = pool[index % pool.length]!
    return {
      prefix,
      nextHops,
      ...(single !== undefined && { singleNextHop: single }),
      ...(med !== undefined && { multiExitDisc: med }),
    }
  })
}

describe('the announced set', () => {
  test('is what was given last, with identifiers that are one next hop’s own for as long as they are remembered', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const table = new AnnouncedTable()
        /** Which next hop an identifier of a prefix was given to: it is never another's. */
        const owners = new Map<RouteKey, Map<number, string>>()
        let held = new Map<RouteKey, ReturnType<AnnouncedTable['get']>>()
        for (const each of steps) {
          const routes = routesOf(each)
          const changed = new Set(table.replace(routes))
          const now = new Map<RouteKey, ReturnType<AnnouncedTable['get']>>()
          for (const { prefix, nextHops, singleNextHop, multiExitDisc } of routes) {
            const key = parseKey(prefix)!
            const desired = table.get(key)
            if (nextHops.length === 0 && singleNextHop === undefined) {
              expect(desired).toBeUndefined()
              continue
            }
            now.set(key, desired)
            const { all, single } = desired!
            expect(all.map(({ nextHop }) => formatIpv4(nextHop as number))).toEqual(nextHops)
            expect(single.map(({ nextHop, pathId }) => [formatIpv4(nextHop as number), pathId])).toEqual(
              singleNextHop === undefined ? [] : [[singleNextHop, 0]],
            )
            for (const path of [...all, ...single]) expect(path.extras?.multiExitDisc).toBe(multiExitDisc)
            const own = owners.get(key) ?? new Map<number, string>()
            owners.set(key, own)
            for (const { nextHop, pathId } of all) {
              expect(pathId).toBeGreaterThan(0)
              const address = formatIpv4(nextHop as number)
              expect(own.get(pathId) ?? address).toBe(address)
              own.set(pathId, address)
              // The next hop that has one keeps it, or gets it back.
              expect([...own].filter(([, owner]) => owner === address)).toEqual([[pathId, address]])
            }
          }
          for (const key of new Set([...held.keys(), ...now.keys()])) expect(changed.has(key)).toBe(held.get(key) !== now.get(key))
          expect(new Set(table.keys)).toEqual(new Set(now.keys()))
          held = now
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('prefixes in a row with the same paths share one list, whether they have a single next hop or not', () => {
    const table = new AnnouncedTable()
    const routes = (nextHops: string[]) => PREFIXES.map((prefix) => ({ prefix, nextHops: [...nextHops], singleNextHop: HOPS[0]! }))
    const lists = () => new Set([...table.keys].map((key) => table.get(key)!.all)).size
    table.replace(routes(HOPS))
    expect(lists()).toBe(1)
    table.replace(routes(HOPS.slice(0, -1)))
    expect(lists()).toBe(1)
    table.replace(routes(HOPS))
    expect(lists()).toBe(1)
  })
})
