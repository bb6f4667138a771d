/** What the parts of a running lab share with each other. */
import type { LabEventBody, Micros } from '../../model/index.ts'
import type { DevicePlan, Plan } from '../../topology/plan.ts'
import { devicesOf } from '../configs.ts'
import type { Log } from '../log.ts'
import type { Fleet } from './fleet.ts'

export interface Parts {
  readonly plan: Plan
  readonly fleet: Fleet
  readonly log: Log
  /** Asks the wiring helper. */
  wiring<T>(op: string, args?: unknown): Promise<T>
  /** Sends a program its configuration and waits until it says that it is ready. */
  startProgram(device: string): Promise<void>
  now(): Micros
}

/** Reports a fault that took effect at `at`, and answers that moment. */
export function reportFault(parts: Parts, device: string, fault: string, detail: string, at: Micros): Micros {
  parts.log.emit({ type: 'fault', device, fault, detail } satisfies LabEventBody, at)
  return at
}

export function deviceOf(plan: Plan, name: string): DevicePlan | undefined {
  return devicesOf(plan).find((device) => device.name === name)
}
