/** A moment of a run, from its event log. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { duration, type LabEvent, type Micros } from '../../model/index.ts'
import { probesAt, type Snapshot } from '../../report/diff/index.ts'
import { inOrder, stateAt } from '../../scenario/state.ts'
import { Ending, EXIT } from '../exit.ts'

export type Side = LogSide | { readonly kind: 'lab'; readonly lab: string }

export interface LogSide {
  readonly kind: 'log'
  readonly file: string
  readonly moment: Moment
}

type Moment =
  | { readonly kind: 'start' | 'fault' | 'end' }
  | { readonly kind: 'step'; readonly name: string }
  | { readonly kind: 'offset'; readonly text: string; readonly offset: Micros }

/** A file, a file and a moment of it, or else a lab. */
export function sideOf(text: string): Side {
  if (existsSync(text)) return { kind: 'log', file: fileOf(text), moment: { kind: 'end' } }
  const at = text.lastIndexOf('@')
  const file = text.slice(0, at)
  if (at > 0 && existsSync(file)) return { kind: 'log', file: fileOf(file), moment: momentOf(text.slice(at + 1)) }
  if (text.startsWith('@')) throw new Ending(EXIT.usage, `${text} is a moment, and there is no event log before it`, 'write FILE@MOMENT')
  if (/[/@]|\.ndjson$/.test(text)) throw new Ending(EXIT.usage, `there is no file ${at > 0 ? file : text}`)
  return { kind: 'lab', lab: text }
}

function fileOf(path: string): string {
  if (!statSync(path).isDirectory()) return path
  throw new Ending(EXIT.usage, `${path} is a folder`, 'name one of the event logs in it: NAME.ndjson')
}

export function momentOf(text: string): Moment {
  if (text === 'start' || text === 'fault' || text === 'end') return { kind: text }
  if (!/^[+-]\d/.test(text)) return { kind: 'step', name: text }
  try {
    return { kind: 'offset', text, offset: (text.startsWith('-') ? -1 : 1) * duration(text.slice(1)) }
  } catch {
    throw new Ending(EXIT.usage, `${text} is no moment`, 'write +3.2s, -200ms, start, fault, end, or the name of a step')
  }
}

/** @throws Ending with 2 where the file is no event log, or has no such moment. */
export async function loggedSnapshot({ file, moment }: LogSide): Promise<Snapshot> {
  const events = inOrder(await eventsOf(file))
  const instant = instantOf(file, events, moment)
  const state = stateAt(events, instant)
  const devices = [...new Set(events.flatMap((event) => ('device' in event ? event.device : [])))]
  return {
    label: `${file}, ${described(moment)}`,
    sessions: devices.flatMap((device) => state.sessionsOf(device)),
    routes: devices.flatMap((device) => state.routesOf(device)),
    fib: devices.flatMap((device) => state.fibOf(device)),
    floatingIps: state.floatingIps,
    traffic: probesAt(events, instant),
  }
}

async function eventsOf(file: string): Promise<LabEvent[]> {
  const events: LabEvent[] = []
  let line = 0
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (text.trim() === '') continue
    const event = parsed(text)
    if (event === undefined)
      throw new Ending(EXIT.usage, `${file}:${line}:1: no record of an event log`, 'peerlab writes them to out/<time>/NAME.ndjson')
    events.push(event)
  }
  if (events.length === 0) throw new Ending(EXIT.usage, `${file} is empty: the run ended before its lab was up`)
  return events
}

function parsed(text: string): LabEvent | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isRecord = typeof value === 'object' && value !== null && 'type' in value && 'at' in value && typeof value.at === 'number'
    return isRecord ? (value as LabEvent) : undefined
  } catch {
    return undefined
  }
}

function instantOf(file: string, events: readonly LabEvent[], moment: Moment): Micros {
  const firstStep = events.find((event) => event.type === 'step')
  const fault = events.find((event) => event.type === 'fault' && event.at >= (firstStep?.at ?? 0))
  const missing = (what: string, suggestion?: string) => new Ending(EXIT.usage, `${file} has no ${what}`, suggestion)
  switch (moment.kind) {
    case 'end':
      return Number.POSITIVE_INFINITY
    case 'start':
      if (firstStep === undefined) throw missing('step')
      return firstStep.at - 1
    case 'fault':
      if (fault === undefined) throw missing('fault')
      return fault.at - 1
    case 'step': {
      const steps = events.filter((event) => event.type === 'step')
      const end = steps.find((event) => event.name === moment.name && event.phase === 'end')
      const names = [...new Set(steps.map((event) => event.name))]
      if (end === undefined)
        throw missing(`step ${moment.name} that came to its end`, names.length === 0 ? undefined : `its steps: ${names.join(' · ')}`)
      return end.at
    }
    case 'offset': {
      const zero = (fault ?? firstStep)?.at
      if (zero === undefined) throw missing('fault and no step to count from')
      return zero + moment.offset
    }
  }
}

function described(moment: Moment): string {
  switch (moment.kind) {
    case 'start':
      return 'before its first step'
    case 'fault':
      return 'before its first fault'
    case 'end':
      return 'at its end'
    case 'step':
      return `at the end of step ${moment.name}`
    case 'offset':
      return `at ${moment.text}`
  }
}
