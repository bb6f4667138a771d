import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PrefixIndex } from '../../../src/bgp/rib/prefix-index.ts'

const address = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))

test('it holds what a Map holds, whatever comes and goes', () => {
  const step = fc.tuple(fc.constantFrom('add' as const, 'delete' as const, 'replace' as const), address, fc.integer({ min: 1, max: 1e9 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const index = new PrefixIndex()
      const model = new Map<number, number>()
      for (const [what, key, value] of steps) {
        const known = model.get(key) ?? 0
        if (what === 'add') {
          expect(index.add(key, value)).toBe(known)
          if (known === 0) model.set(key, value)
        } else if (known !== 0 && what === 'delete') {
          index.delete(key)
          model.delete(key)
        } else if (known !== 0) {
          index.replace(key, value)
          model.set(key, value)
        }
        expect(index.get(key)).toBe(model.get(key) ?? 0)
      }
      for (const [key, value] of model) expect(index.get(key)).toBe(value)
    }),
    { numRuns: 300 },
  )
})

test('so it does with as many as split its pieces many times, half of them taken out again', () => {
  const index = new PrefixIndex()
  const at = (i: number) => Math.imul(i, 0x9e3779b1)
  for (let i = 1; i <= 100_000; i++) index.add(at(i), i)
  for (let i = 1; i <= 100_000; i += 2) index.delete(at(i))
  let wrong = 0
  for (let i = 1; i <= 100_000; i++) if (index.get(at(i)) !== (i % 2 === 1 ? 0 : i)) wrong++
  expect(wrong).toBe(0)
})

test('addresses chosen so that their hashes differ in their lower bits alone are held like any others', () => {
  const index = new PrefixIndex()
  // The hashes 0xabcde000, 0xabcde001, …: the directory must tell 21 bits apart before a piece can hold its share.
  const addresses = Array.from({ length: 2048 }, (_, i) => unmix((0xabcde000 + i) | 0))
  for (const [i, one] of addresses.entries()) index.add(one, i + 1)
  expect(addresses.every((one, i) => index.get(one) === i + 1)).toBe(true)
  for (const one of addresses) index.delete(one)
  expect(addresses.every((one) => index.get(one) === 0)).toBe(true)
})

/** Undoes MurmurHash3's last step. */
function unmix(hash: number): number {
  let value = hash ^ (hash >>> 16)
  value = Math.imul(value, 0x7ed1b41d)
  value ^= (value >>> 13) ^ (value >>> 26)
  value = Math.imul(value, 0xa5cb9243)
  return value ^ (value >>> 16)
}
