import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PrefixTable } from '../../../../src/engine/sim/net/prefixes.ts'
import { contains, type Ipv4, prefixOf } from '../../../../src/net/index.ts'

// Few distinct bits, so that prefixes nest and collide.
const address = fc.nat(15).map((n): Ipv4 => ((n & 3) << 30) | ((n >> 2) << 6) | (n & 1) | 0)
const prefix = fc
  .record({ address, length: fc.constantFrom(0, 1, 2, 8, 24, 26, 31, 32) })
  .map((each) => prefixOf(each.address, each.length))
const change = fc.record({ prefix, value: fc.nat(), remove: fc.boolean() })

describe('the table by prefix', () => {
  it('answers as a search through everything would', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.array(address, { minLength: 1, maxLength: 8 }), (changes, asked) => {
        const table = new PrefixTable<number>()
        const model: { address: Ipv4; length: number; value: number }[] = []
        for (const { prefix: each, value, remove } of changes) {
          const at = model.findIndex((other) => other.address === each.address && other.length === each.length)
          if (remove) expect(table.delete(each)).toBe(at >= 0)
          else table.set(each, value)
          if (at >= 0) model.splice(at, 1)
          if (!remove) model.push({ ...each, value })
        }
        const matching = (to: Ipv4) => model.filter((each) => contains(each, to)).sort((a, b) => b.length - a.length)
        for (const to of asked) {
          expect(table.lookup(to)).toBe(matching(to)[0]?.value)
          const even = (value: number) => value % 2 === 0
          expect(table.find(to, even)).toBe(matching(to).find(({ value }) => even(value))?.value)
        }
        expect([...table.values()].sort()).toEqual(model.map(({ value }) => value).sort())
      }),
    )
  })
})
