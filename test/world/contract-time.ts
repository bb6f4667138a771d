import { expect, it } from 'vitest'
import { MILLISECOND, SECOND } from '../../src/model/index.ts'
import type { WorldHarness } from './harness.ts'

/** What every Clock and Random do. */
export function timeContract(harness: () => WorldHarness): void {
  it('fires timers in the order of their deadlines, never early, equal ones in the order of starting', async () => {
    const h = harness()
    const { clock } = h.device().world
    const fired: string[] = []
    const early: string[] = []
    const start = (name: string, delay: number): void => {
      const timer = clock.timer(name, () => {
        if (clock.now() < deadline) early.push(name)
        fired.push(name)
        h.woken()
      })
      timer.start(delay)
      const deadline = timer.deadline!
    }
    start('c', 30 * MILLISECOND)
    start('a', 10 * MILLISECOND)
    start('b', 20 * MILLISECOND)
    start('z', 0)
    await h.until(() => fired.length === 4, 'all timers')
    expect(fired).toEqual(['z', 'a', 'b', 'c'])
    expect(early).toEqual([])
  })

  it('keeps the order of many timers that are started together with one delay', async () => {
    const h = harness()
    const { clock } = h.device().world
    const fired: number[] = []
    for (let i = 0; i < 20; i++) {
      clock
        .timer(`t${i}`, () => {
          fired.push(i)
          h.woken()
        })
        .start(5 * MILLISECOND)
    }
    await h.until(() => fired.length === 20, 'all timers')
    expect(fired).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  it('restarts and stops timers; one that fired may be started again, from its own callback too', async () => {
    const h = harness()
    const { clock } = h.device().world
    const fired: string[] = []
    const note = (name: string) => () => {
      fired.push(name)
      h.woken()
    }
    const moved = clock.timer('moved', note('moved'))
    const stopped = clock.timer('stopped', note('stopped'))
    let rounds = 0
    const again = clock.timer('again', () => {
      note('again')()
      if (++rounds < 3) again.start(MILLISECOND)
    })
    moved.start(5 * MILLISECOND)
    moved.start(60 * MILLISECOND)
    stopped.start(5 * MILLISECOND)
    stopped.stop()
    again.start(MILLISECOND)
    expect([moved.running, stopped.running, stopped.deadline]).toEqual([true, false, undefined])
    await h.until(() => fired.includes('moved'), 'the moved timer')
    expect(fired).toEqual(['again', 'again', 'again', 'moved'])
    expect(moved.running).toBe(false)
    moved.start(0)
    await h.until(() => fired.filter((name) => name === 'moved').length === 2, 'the second time')
  })

  it('yields to what is already waiting, and comes back', async () => {
    const h = harness()
    const { clock } = h.device().world
    const order: string[] = []
    clock.yield(() => {
      order.push('first')
      clock.yield(() => {
        order.push('third')
        h.woken()
      })
      order.push('second')
    })
    expect(order).toEqual([])
    await h.until(() => order.length === 3, 'all three')
    expect(order).toEqual(['first', 'second', 'third'])
  })

  it('measures whole microseconds that never go back, and tells wall time in RFC 3339 without fractions', async () => {
    const h = harness()
    const { clock, random } = h.device().world
    const before = clock.now()
    await h.pass(20 * MILLISECOND)
    const after = clock.now()
    expect(after - before).toBeGreaterThanOrEqual(20 * MILLISECOND)
    expect(after - before).toBeLessThan(5 * SECOND)
    expect(Number.isInteger(before) && Number.isInteger(after)).toBe(true)
    expect(clock.wallTime()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    for (let i = 0; i < 100; i++) {
      const number = random.next()
      expect(number >= 0 && number < 1).toBe(true)
    }
  })
}
