import { describe, expect, it } from 'vitest'
import { age, humanDuration } from '../../../src/cluster/api/age.ts'

describe('ages', () => {
  it.each([
    [5, '5s'],
    [119, '119s'],
    [123, '2m3s'],
    [170 * 60, '170m'],
    [5 * 86_400 + 5 * 3_600, '5d5h'],
    [6 * 86_400, '6d'],
    [9 * 86_400 + 3_600, '9d'],
    [800 * 86_400, '2y70d'],
    [-1, '0s'],
    [-5, '<invalid>'],
  ])('R35, R37: %i s is %s, as the document shows them', (seconds, text) => {
    expect(humanDuration(seconds)).toBe(text)
  })

  it('are from time to time, fractions left out', () => {
    expect(age('2021-06-14T22:09:36Z', '2021-06-15T00:59:36Z')).toBe('170m')
    expect(age('2024-02-28T23:59:59.999999Z', '2024-03-01T00:00:00Z')).toBe('24h')
    expect(age(undefined, '2024-03-01T00:00:00Z')).toBe('<unknown>')
  })
})
