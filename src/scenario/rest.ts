/** Leaves a lab alone until it has come to rest, so that runs on two engines can be compared as they came out, however far each was when its body ended. */
import type { Lab } from '../engine/lab.ts'
import { type LabEvent, type Micros, SECOND } from '../model/index.ts'
import type { Alarm } from './wait.ts'

/** The step's name in the event log. */
export const REST = 'come to rest'

/** So long nothing of sessions and routes has changed. */
const QUIET: Micros = 2 * SECOND
/** Beyond the hold time: a session that has lost its peer ends by then. */
const SPARE: Micros = 3 * SECOND
/** Something that goes on changing is compared as it is. */
const AT_MOST: Micros = 60 * SECOND

/** Resolves when nothing has changed for 2 s, and every session whose peer was lost has reached its hold time; after hold time and 60 s at the latest. */
export async function comeToRest(lab: Lab, alarm: Alarm, signal: AbortSignal): Promise<void> {
  lab.events.emit({ type: 'step', name: REST, phase: 'start' })
  const start = lab.now()
  const holdTime = lab.plan.timers.holdTimeSeconds * SECOND
  const fault = Math.max(-Infinity, ...lab.events.all.map((event) => (event.type === 'fault' ? event.at : -Infinity)))
  let due = Math.max(start + QUIET, fault + holdTime + SPARE)
  const last = start + holdTime + AT_MOST
  while (due > lab.now() && due <= last && !signal.aborted) {
    const changed = await until(lab, alarm, signal, due)
    if (changed !== undefined) due = Math.max(due, changed + QUIET)
  }
  lab.events.emit({ type: 'step', name: REST, phase: 'end', ok: due <= last && !signal.aborted })
}

/** The instant of the next change; `undefined` where none came until `instant`. */
function until(lab: Lab, alarm: Alarm, signal: AbortSignal, instant: Micros): Promise<Micros | undefined> {
  return new Promise((resolve) => {
    const end = (changed?: Micros) => {
      unsubscribe()
      stop()
      signal.removeEventListener('abort', onAbort)
      resolve(changed)
    }
    const onAbort = () => end()
    const unsubscribe = lab.events.subscribe((event) => {
      if (isChange(event)) end(event.at)
    })
    const stop = alarm(instant, () => end())
    signal.addEventListener('abort', onAbort)
  })
}

function isChange({ type }: LabEvent): boolean {
  return type === 'session' || type === 'session-removed' || type === 'route' || type === 'fib' || type === 'floating-ip'
}
