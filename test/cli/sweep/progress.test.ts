import { describe, expect, test } from 'vitest'
import { Progress } from '../../../src/cli/sweep/progress.ts'

function progressOf(live: boolean, total: number) {
  let now = 0
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const screen = { write, live, columns: 60 }
  const progress = new Progress(screen, total, () => now)
  const step = (name: string, millis: number) => {
    now += millis
    progress.step(name)
  }
  return { progress, step, last: () => written.split('\r\u001b[K').at(-1), all: () => written }
}

describe('the progress of a sweep', () => {
  test('is one line with the time that is left, rewritten in place and taken away at the end', () => {
    const { progress, step, last } = progressOf(true, 4)
    expect(last()).toBe('  0 of 4')
    step('node-01', 1_000)
    expect(last()).toBe('  1 of 4 · about 3.0 s left · node-01')
    step('node-02', 1_000)
    expect(last()).toBe('  2 of 4 · about 2.0 s left · node-02')
    step('x'.repeat(100), 1_000)
    expect(last()).toHaveLength(59)
    progress.end()
    expect(last()).toBe('')
  })

  test('is not drawn faster than anybody reads, nor where there is no terminal', () => {
    const fast = progressOf(true, 100)
    for (let index = 0; index < 50; index++) fast.step('node-01', 10)
    expect(fast.all().split('\r').length).toBeLessThan(8)
    const file = progressOf(false, 2)
    file.step('node-01', 1_000)
    file.progress.end()
    expect(file.all()).toBe('')
  })
})
