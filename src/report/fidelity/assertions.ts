/** The scenario's own assertions, by name: what holds on one engine holds on the other. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Disagreement, Log, Tally } from './comparison.ts'

export function compareAssertions(a: Log, b: Log, tally: Tally): Disagreement[] {
  const [ours, theirs] = [outcomes(a.events), outcomes(b.events)]
  const found: Disagreement[] = []
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [x, y] = [ours.get(name) ?? 'not asked', theirs.get(name) ?? 'not asked']
    if (x === y) tally('assertions', 'same')
    else found.push({ behaviour: 'assertions', where: 'the scenario', what: name, when: 'over all', a: x, b: y })
  }
  return found
}

/** Of one that is asked often, whether it always held. */
function outcomes(events: readonly LabEvent[]): Map<string, string> {
  const seen = new Map<string, string>()
  for (const event of events)
    if (event.type === 'assertion' && seen.get(event.name) !== 'failed') seen.set(event.name, event.holds ? 'holds' : 'failed')
  return seen
}
