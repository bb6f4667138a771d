/**
 * The end of a run: the state built from events must equal a fresh full read of every router. A difference that stays is a bug in our watching.
 * A safety net, and marked as such: nothing of a verdict rests on it.
 */
import { type AuditDifference, auditView } from '../engine/audit.ts'
import type { Lab } from '../engine/lab.ts'
import { POWER_OFF, PROGRAM_ENDED } from '../engine/view.ts'
import { type LabEvent, type Micros, SECOND } from '../model/index.ts'
import { type Alarm, alarmOf } from './wait.ts'

/** What is still moving gets this many chances to come to rest, each woken by the next record or ended after a second. */
const CHANCES = 8

export async function audit(lab: Lab, alarm: Alarm = alarmOf(lab)): Promise<readonly string[]> {
  let differences: readonly AuditDifference[] = []
  for (let chance = 0; chance < CHANCES; chance++) {
    if (chance > 0) await nextChange(lab, alarm)
    differences = await auditView(lab, poweredRouters(lab))
    if (differences.length === 0) return []
  }
  return differences.map(
    ({ device, table, key, view, fresh }) =>
      `${device}, ${table} ${key}: the events add up to ${view ?? 'nothing'}, the device says ${fresh ?? 'nothing'}`,
  )
}

function poweredRouters(lab: Lab): string[] {
  const off = new Set<string>()
  for (const event of lab.events.all) {
    if (event.type !== 'fault') continue
    if (event.fault === POWER_OFF || event.fault === PROGRAM_ENDED) off.add(event.device)
    else if (event.fault === 'power-on') off.delete(event.device)
  }
  return lab.plan.routers.map((router) => router.name).filter((name) => !off.has(name))
}

/** The next record that can change a table, or a second. */
function nextChange(lab: Lab, alarm: Alarm): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      unsubscribe()
      stop()
      resolve()
    }
    const unsubscribe = lab.events.subscribe((event: LabEvent) => {
      if (event.type === 'session' || event.type === 'route' || event.type === 'fib' || event.type === 'session-removed') end()
    })
    const deadline: Micros = lab.now() + SECOND
    const stop = alarm(deadline, end)
  })
}
