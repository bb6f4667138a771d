import { describe, expect, test } from 'vitest'
import { endInOrder, onInterrupt } from '../../src/cli/interrupt.ts'

describe('an output that nobody reads any more', () => {
  test('ends in order what has something to undo, and says so', () => {
    const interrupt = onInterrupt(() => undefined)
    expect(endInOrder()).toBe(true)
    expect(interrupt.signal.aborted).toBe(true)
    // Every later write fails as well: that is no second Ctrl-C.
    expect(endInOrder()).toBe(true)
    interrupt.dispose()
    expect(endInOrder()).toBe(false)
  })
})
