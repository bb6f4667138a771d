import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/world/random.ts'
import { EventQueue, laneOf, type Scheduled } from '../../src/world/virtual/index.ts'

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

describe('with a seed', () => {
  /** What happens at one instant on four devices, two things on each, in the order in which it happens. */
  function order(seed: number | undefined): string {
    const queue = new EventQueue(0, seed)
    const seen: string[] = []
    for (const index of [1, 2])
      for (const device of ['a', 'b', 'c', 'd']) queue.schedule(5, () => seen.push(device + index), laneOf(device))
    queue.schedule(5, () => seen.push('lab'))
    while (queue.step());
    return seen.join(' ')
  }

  it('devices come in an order of its own at each instant, and what is on none comes first', () => {
    const orders = new Set(Array.from({ length: 50 }, (_, seed) => order(seed)))
    expect(orders.size).toBeGreaterThan(10)
    for (const each of orders) {
      expect(each).toMatch(/^lab /)
      for (const device of ['a', 'b', 'c', 'd']) expect(each.indexOf(`${device}1`)).toBeLessThan(each.indexOf(`${device}2`))
    }
    expect(order(7)).toBe(order(7))
    expect(order(undefined)).toBe('a1 b1 c1 d1 a2 b2 c2 d2 lab')
  })

  it('what follows from an event of the same instant follows it', () => {
    for (let seed = 0; seed < 50; seed++) {
      const queue = new EventQueue(0, seed)
      const seen: string[] = []
      queue.schedule(5, () => queue.schedule(0, () => seen.push('effect'), laneOf('b')) && seen.push('cause'), laneOf('a'))
      while (queue.step());
      expect(seen).toEqual(['cause', 'effect'])
    }
  })
})
