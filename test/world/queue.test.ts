import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/world/random.ts'
import { EventQueue, type Scheduled } from '../../src/world/virtual/index.ts'

const event = fc.record({ delay: fc.nat(20), cancelled: fc.boolean() })

describe('the event queue', () => {
  it('runs what was not cancelled by time, and at one instant in the order of scheduling', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const queue = new EventQueue(0)
        const ran: number[] = []
        const entries = events.map(({ delay }, index) => queue.schedule(delay, () => ran.push(index)))
        for (const [index, { cancelled }] of events.entries()) if (cancelled) queue.cancel(entries[index]!)
        const left = events.map((each, index) => ({ ...each, index })).filter(({ cancelled }) => !cancelled)
        expect(queue.pending).toBe(left.length)
        expect(queue.next).toBe(left.length === 0 ? undefined : Math.min(...left.map(({ delay }) => delay)))
        while (queue.step());
        expect(ran).toEqual(left.sort((a, b) => a.delay - b.delay || a.index - b.index).map(({ index }) => index))
      }),
    )
  })

  it('keeps its order when most of thousands are cancelled, some of them late', () => {
    const queue = new EventQueue(0)
    const random = seededRandom('queue')
    const ran: number[] = []
    const delays = Array.from({ length: 6_000 }, () => Math.floor(random.next() * 5_000))
    const entries: Scheduled[] = delays.map((delay, index) => queue.schedule(delay, () => ran.push(index)))
    const left = new Set(delays.keys())
    const cancel = (share: number, from: number) => {
      for (const index of left) {
        if (delays[index]! <= from || random.next() >= share) continue
        left.delete(index)
        queue.cancel(entries[index]!)
      }
    }
    cancel(0.7, -1)
    expect(queue.pending).toBe(left.size)
    while ((queue.next ?? Number.POSITIVE_INFINITY) <= 500) queue.step()
    cancel(0.7, 500)
    while (queue.step());
    expect(ran).toEqual([...left].sort((a, b) => delays[a]! - delays[b]! || a - b))
  })
})
