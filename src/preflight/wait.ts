import type { Lab } from '../engine/lab.ts'
import type { Micros } from '../model/index.ts'
import { alarmOf } from '../scenario/index.ts'

/** Answers whether it came to hold within that time: looked at now and at every event. Rejects with the signal's reason. */
export function holdsWithin(lab: Lab, within: Micros, holds: () => boolean, signal?: AbortSignal): Promise<boolean> {
  if (holds()) return Promise.resolve(true)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const stopAlarm = alarmOf(lab)(lab.now() + within, () => resolve(holds()))
  const stop = lab.events.subscribe(() => {
    if (!holds()) return
    // At once, so that virtual time stands still there.
    stopAlarm()
    resolve(true)
  })
  return orAborted(promise, signal).finally(() => {
    stopAlarm()
    stop()
  })
}

/** The promise's end, or the interruption, whichever is first. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  promise.catch(() => {})
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
