/** Two runs of one scenario on two engines: what agrees, and what does not. Pure. */
import { type LabEvent, type Micros, SECOND, type TimerProfile } from '../../model/index.ts'
import { compareAssertions } from './assertions.ts'
import { type Behaviour, toleranceOf } from './behaviours.ts'
import type { Comparison, Log, Outcome } from './comparison.ts'
import { compareCourses } from './courses.ts'
import { historiesOf } from './history.ts'
import { faultsOf } from './marks.ts'
import { compareMoments } from './moments.ts'
import { compareShares } from './shares.ts'
import { compareTimes } from './times.ts'

/** How long what is under way may take to end: a session that has lost its peer ends with its hold time. */
export function patienceOf({ holdTimeSeconds }: Pick<TimerProfile, 'holdTimeSeconds'>): Micros {
  return (holdTimeSeconds + 3) * SECOND
}

/** Both logs whole, from the labs' start until they had come to rest. Whatever order records of one instant have in a log, the answer is the same. */
export function compareRuns(a: readonly LabEvent[], b: readonly LabEvent[], timers: TimerProfile): Comparison {
  const compared: Partial<Record<Behaviour, Record<Outcome, number>>> = {}
  const tally = (behaviour: Behaviour, outcome: Outcome) => {
    compared[behaviour] ??= { same: 0, underWay: 0 }
    compared[behaviour][outcome]++
  }
  const [ours, theirs] = [logOf(a), logOf(b)]
  const asserted = compareAssertions(ours, theirs, tally)
  const [faults, others] = [namesOf(a), namesOf(b)]
  // What comes of other faults cannot be compared.
  if (faults !== others)
    return {
      differences: [
        ...asserted,
        { behaviour: 'assertions', where: 'the scenario', what: 'its faults', when: 'over all', a: faults, b: others },
      ],
      compared,
    }
  const differences = [
    ...asserted,
    ...compareMoments(ours, theirs, patienceOf(timers), tally),
    ...compareCourses(ours, theirs, tally),
    ...compareTimes(ours, theirs, toleranceOf(timers), tally),
    ...compareShares(ours, theirs, tally),
  ]
  return { differences, compared }
}

function logOf(events: readonly LabEvent[]): Log {
  return { events, histories: historiesOf(events) }
}

function namesOf(events: readonly LabEvent[]): string {
  return faultsOf(events)
    .map(({ name }) => name)
    .join(', ')
}
