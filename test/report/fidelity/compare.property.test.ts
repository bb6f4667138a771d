import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type LabEvent, TIMER_PROFILES } from '../../../src/model/index.ts'
import { compareRuns } from '../../../src/report/fidelity/index.ts'
import { runInSimulator } from '../../engine/sim/run.ts'

let events: readonly LabEvent[]

beforeAll(async () => {
  const [ran] = await runInSimulator({ names: ['node-failure/lb-node'] })
  events = ran!.events
}, 60_000)

/** A device's own records are in order whatever else happens; those of different devices come together in any order (engine/log.ts). */
const whose = (event: LabEvent) => ('device' in event && event.type !== 'fault' ? event.device : '')

function shuffled(log: readonly LabEvent[], draws: readonly number[]): LabEvent[] {
  const ordered = [...log].sort((a, b) => a.at - b.at)
  const result: LabEvent[] = []
  for (let index = 0; index < ordered.length; ) {
    const at = ordered[index]!.at
    const same = ordered.slice(index, ordered.findIndex((event, other) => other >= index && event.at !== at) >>> 0)
    index += same.length
    const queues = new Map<string, LabEvent[]>()
    for (const event of same) queues.set(whose(event), [...(queues.get(whose(event)) ?? []), event])
    for (let draw = index; queues.size > 0; draw++) {
      const names = [...queues.keys()]
      const name = names[(draws[draw % draws.length] ?? 0) % names.length]!
      const [first, ...rest] = queues.get(name)!
      result.push(first!)
      if (rest.length === 0) queues.delete(name)
      else queues.set(name, rest)
    }
  }
  return result
}

test('a log agrees with itself, whatever order records of one instant have', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 200 }), fc.boolean(), (draws, swap) => {
      const other = shuffled(events, draws)
      expect(other).toHaveLength(events.length)
      const { differences, compared } = swap
        ? compareRuns(other, events, TIMER_PROFILES.fast)
        : compareRuns(events, other, TIMER_PROFILES.fast)
      expect(differences).toEqual([])
      for (const counts of Object.values(compared)) expect(counts.underWay).toBe(0)
      expect(Object.keys(compared)).toHaveLength(8)
    }),
    { numRuns: 100 },
  )
})
