import { expect, test } from 'vitest'
import { fuzz, newCounts } from './fuzz.ts'

test('RFC 4271 §6, 7606: 40,000 mutated messages end in a message or a NOTIFICATION that can be sent (npm run fuzz has ten million)', () => {
  const counts = newCounts()
  // Fixed seeds: a failure here is one of the code, not of the day. `npm run fuzz` draws others.
  for (let seed = 1; seed <= 8; seed++) fuzz(seed, 5000, counts)
  expect(counts.messages).toBe(40_000)
  // The damage reaches everything: sound messages, survived ones, and errors of all kinds.
  expect(counts.survived).toBeGreaterThan(500)
  for (const kind of ['1/1', '1/2', '1/3', '2/0', '2/1', '2/3', '2/4', '2/6', '3/1', '3/2', '3/5', '3/9', '3/10', '3/11']) {
    expect(counts.notifications.get(kind) ?? 0, kind).toBeGreaterThan(0)
  }
})
