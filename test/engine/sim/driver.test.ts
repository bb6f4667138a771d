import { describe, expect, test } from 'vitest'
import { Driver } from '../../../src/engine/sim/driver/driver.ts'
import { EventQueue } from '../../../src/world/virtual/queue.ts'

function setUp(options?: ConstructorParameters<typeof Driver>[1]) {
  const queue = new EventQueue(0)
  return { queue, driver: new Driver(queue, options) }
}

/** Something that happens for ever, as keepalives do. */
function tick(queue: EventQueue, every: number): void {
  const again = () => void queue.schedule(every, again)
  again()
}

const at = (driver: Driver, instant: number) => new Promise<void>((resolve) => void driver.alarm(instant, resolve))

describe('virtual time', () => {
  test('stands still while nobody waits', async () => {
    const { queue, driver } = setUp()
    tick(queue, 10)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(driver.now).toBe(0)
  })

  test('stops at the event that settles a waiter, however long its answer takes to be read', async () => {
    const { queue, driver } = setUp()
    tick(queue, 1)
    await at(driver, 100)
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    expect(driver.now).toBe(100)
    expect(await driver.ask<number>('a pause', (done) => void queue.schedule(7, () => done(driver.now)))).toBe(107)
    expect(driver.now).toBe(107)
  })

  test('stops, too, when a waiter is told by something else than its alarm', async () => {
    const { queue, driver } = setUp()
    tick(queue, 1)
    const waited = new Promise<void>((resolve) => {
      const stop = driver.alarm(1_000_000, () => {})
      queue.schedule(42, () => {
        stop()
        resolve()
      })
    })
    await waited
    expect(driver.now).toBe(42)
  })

  test('waiters of one instant settle in the order in which they were registered, and act at that instant', async () => {
    const { queue, driver } = setUp()
    tick(queue, 1)
    const seen: string[] = []
    const wait = async (name: string) => {
      await at(driver, 10)
      seen.push(`${name} ${driver.now}`)
      await at(driver, 12)
      seen.push(`${name} ${driver.now}`)
    }
    await Promise.all([wait('a'), wait('b'), wait('c')])
    expect(seen).toEqual(['a 10', 'b 10', 'c 10', 'a 12', 'b 12', 'c 12'])
  })

  test('a question that nothing can answer any more is rejected at once, by its name', async () => {
    const { driver } = setUp()
    await expect(driver.ask('the answer', () => {})).rejects.toThrow('the answer: it cannot happen any more: nothing is left that could')
    expect(driver.now).toBe(0)
    const { queue, driver: other } = setUp()
    tick(queue, 1_000_000)
    await expect(other.ask('the answer', () => {}, 5_000_000)).rejects.toThrow('the answer: nothing came of it within 5 s')
    expect(other.now).toBe(5_000_000)
  })

  test('who waits for an instant when nothing is left to happen has it at once', async () => {
    const { driver } = setUp()
    await at(driver, 3_600_000_000)
    expect(driver.now).toBe(3_600_000_000)
  })

  test('a bug in an event is told to whoever waits', async () => {
    const { queue, driver } = setUp()
    const told: Error[] = []
    driver.onStall((error) => told.push(error))
    queue.schedule(5, () => {
      throw new Error('broken')
    })
    await expect(driver.ask('x', () => {})).rejects.toThrow('broken')
    expect(told.map((error) => error.message)).toEqual(['broken'])
  })

  test('who waits for anything else is told after a while of real time', async () => {
    const { queue, driver } = setUp({ stallMillis: 5 })
    tick(queue, 1)
    const { promise, resolve } = Promise.withResolvers<Error>()
    driver.onStall(resolve)
    await at(driver, 10)
    expect((await promise).message).toMatch(/real time for something that is not the lab's/)
    expect(driver.now).toBe(10)
  })

  test('nobody is left waiting when it is closed', async () => {
    const { queue, driver } = setUp()
    tick(queue, 1)
    const asked = driver.ask('x', () => {})
    driver.close()
    await expect(asked).rejects.toThrow('x: the lab was closed')
    await expect(driver.ask('y', () => {})).rejects.toThrow('closed')
  })
})
