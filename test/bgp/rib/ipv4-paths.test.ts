import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AttributeSets } from '../../../src/bgp/rib/attribute-sets.ts'
import type { PathAttributes } from '../../../src/bgp/rib/attributes.ts'
import { Ipv4Paths } from '../../../src/bgp/rib/ipv4-paths.ts'

/** As the table was before it was made of integers: the order of a Map is what readers rely on. */
class Model {
  readonly routes = new Map<string, Map<number, { from: number; stale: boolean }>>()

  set(prefix: string, id: number, from: number): void {
    const paths = this.routes.get(prefix) ?? new Map()
    this.routes.set(prefix, paths)
    paths.set(id, { from, stale: false })
  }

  delete(prefix: string, id: number): boolean {
    const paths = this.routes.get(prefix)
    if (!paths?.delete(id)) return false
    if (paths.size === 0) this.routes.delete(prefix)
    return true
  }

  sweep(): string[] {
    const swept = new Set<string>()
    for (const [prefix, paths] of [...this.routes]) {
      for (const [id, { stale }] of [...paths]) if (stale && this.delete(prefix, id)) swept.add(prefix)
    }
    return [...swept]
  }

  get told(): unknown {
    return Array.from(this.routes, ([prefix, paths]) => [prefix, Array.from(paths, ([id, { from }]) => [id, from])])
  }
}

const attributes = (from: number): PathAttributes => ({
  nextHop: from,
  origin: 'igp',
  asPath: [65001],
  asPathLength: 1,
  communities: [],
})

/** The table with its sets, spoken to in the model's words. */
class Table {
  readonly sets = new AttributeSets()
  readonly paths = new Ipv4Paths(this.sets)

  set(prefix: readonly [number, number], id: number, from: number): void {
    this.paths.set(prefix[0], prefix[1], id | 0, this.sets.hold(attributes(from)))
  }

  sweep(): string[] {
    const swept: string[] = []
    this.paths.sweep((address, length) => void swept.push(`${address}/${length}`))
    return swept
  }

  get told(): unknown {
    const all: unknown[] = []
    this.paths.eachPrefix((address, length) => {
      const paths = this.paths.paths(address, length).map(({ pathId, attributes }) => [pathId, attributes.nextHop])
      all.push([`${address}/${length}`, paths])
    })
    return all
  }

  /** Attribute sets that something still holds. */
  get held(): number {
    let held = 0
    for (let slot = 0; slot < 10_000; slot++) if (this.sets.at(slot) !== undefined) held++
    return held
  }
}

const PREFIXES = [
  [0x0a000001, 32],
  [0x0a000002, 32],
  [0x0a000000, 24],
  [0x0a000000, 8],
  [0, 0],
  [-1, 32],
] as const
const prefix = fc.constantFrom(...PREFIXES)
const pathId = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff))
const step = fc.oneof(
  { weight: 30, arbitrary: fc.record({ do: fc.constant('set' as const), prefix, pathId, from: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 15, arbitrary: fc.record({ do: fc.constant('delete' as const), prefix, pathId }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('mark' as const, 'sweep' as const, 'clear' as const) }) },
)

test('it holds what a Map of Maps holds, in its order, whatever a peer announces, withdraws and says again', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const table = new Table()
      const model = new Model()
      for (const one of steps) {
        const name = 'prefix' in one ? `${one.prefix[0]}/${one.prefix[1]}` : ''
        if (one.do === 'set') {
          table.set(one.prefix, one.pathId, one.from)
          model.set(name, one.pathId, one.from)
        } else if (one.do === 'delete') {
          expect(table.paths.delete(one.prefix[0], one.prefix[1], one.pathId | 0)).toBe(model.delete(name, one.pathId))
        } else if (one.do === 'mark') {
          table.paths.markStale()
          for (const paths of model.routes.values()) for (const path of paths.values()) path.stale = true
        } else if (one.do === 'sweep') expect(table.sweep()).toEqual(model.sweep())
        else {
          table.paths.clear()
          model.routes.clear()
        }
      }
      expect(table.told).toEqual(model.told)
      const count = [...model.routes.values()].reduce((sum, paths) => sum + paths.size, 0)
      expect([table.paths.size, table.paths.count, table.held]).toEqual([model.routes.size, count, count])
    }),
    { numRuns: 300 },
  )
})

test('a hundred thousand paths of one prefix are found and taken out one by one without going through them all each time', () => {
  const table = new Table()
  const slot = table.sets.hold(attributes(1))
  const many = 100_000
  for (let id = 0; id < many; id++) {
    table.sets.again(slot)
    table.paths.set(1, 32, id, slot)
  }
  expect([table.paths.size, table.paths.count]).toEqual([1, many])
  // From the end, then from the beginning: neither is a walk. A walk each would be ten thousand million steps.
  for (let id = many - 1; id >= many / 2; id--) expect(table.paths.delete(1, 32, id)).toBe(true)
  for (let id = 0; id < many / 2; id++) expect(table.paths.delete(1, 32, id)).toBe(true)
  expect([table.paths.size, table.paths.count, table.told]).toEqual([0, 0, []])
})
