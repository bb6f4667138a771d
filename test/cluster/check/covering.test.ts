import fc from 'fast-check'
import { expect, test } from 'vitest'
import { covering, coveringAll } from '../../../src/cluster/check/index.ts'
import { parseAddressRange } from '../../../src/model/index.ts'
import { contains } from '../../../src/net/index.ts'

const all = (...ranges: string[]) => coveringAll(ranges.map((text) => parseAddressRange(text)!))

test('a range is the fewest prefixes that hold exactly its addresses', () => {
  expect(all('10.0.0.1-10.0.0.4')).toEqual(['10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/32'])
  expect(all('10.0.0.0-10.0.0.255')).toEqual(['10.0.0.0/24'])
  expect(all('10.0.0.8')).toEqual(['10.0.0.8/32'])
  expect(all('10.1.0.0/28', '10.0.0.9-10.0.0.9')).toEqual(['10.1.0.0/28', '10.0.0.9/32'])
  expect(all('0.0.0.0-255.255.255.255')).toEqual(['0.0.0.0/0'])
  expect(all('255.255.255.254-255.255.255.255')).toEqual(['255.255.255.254/31'])
})

test('neither an address more nor one less, and no two that could be one', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(300), (start, more) => {
      const first = Math.min(start, 0xffffffff - more)
      const last = first + more
      const prefixes = covering({ first: first | 0, last: last | 0 })
      const size = prefixes.reduce((sum, prefix) => sum + 2 ** (32 - prefix.length), 0)
      expect(size).toBe(more + 1)
      for (const address of [first, last]) expect(prefixes.some((prefix) => contains(prefix, address | 0))).toBe(true)
      for (const [index, prefix] of prefixes.entries()) {
        const next = prefixes[index + 1]
        const twice = 2 ** (33 - prefix.length)
        if (next?.length === prefix.length) expect((prefix.address >>> 0) % twice).not.toBe(0)
      }
    }),
  )
})
