/** The moments that two runs of one scenario share: ends of named steps, and the faults between which a lab settles. Pure. */
import { type LabEvent, MILLISECOND, type Micros } from '../../model/index.ts'

export interface Moment {
  /** `the end of step converge`, `the end` */
  readonly name: string
  readonly at: Micros
  /** The last instant before the next fault: what was under way at `at` is done by then, as far as the scenario gave it time. */
  readonly until: Micros
}

export interface Fault {
  /** `tor1 session-reset 10.0.1.10` */
  readonly name: string
  readonly at: Micros
}

export interface Phase {
  /** `until the first fault`, `after power-off of node-04` */
  readonly name: string
  /** The instant from which times in it are counted: its first fault's. */
  readonly from: Micros
  /** Not part of it. */
  readonly until: Micros
}

/** A scenario is over with its last assertion or step: what comes after it puts the lab right again. */
export function endOf(events: readonly LabEvent[]): Micros {
  const judged = events.filter((event) => event.type === 'assertion' || event.type === 'step')
  return Math.max(...(judged.length > 0 ? judged : events).map((event) => event.at))
}

export function faultsOf(events: readonly LabEvent[]): Fault[] {
  const end = endOf(events)
  return events
    .filter((event) => event.type === 'fault')
    .filter((event) => event.at < end)
    .sort((a, b) => a.at - b.at)
    .map(({ device, fault, detail, at }) => ({ name: `${fault} of ${device}${/^\d|^[a-z]+\d$/.test(detail) ? ` ${detail}` : ''}`, at }))
}

/** The ends of its steps in order, and its own. A step that is run twice has two. */
export function momentsOf(events: readonly LabEvent[]): Moment[] {
  const end = endOf(events)
  const faults = events.filter((event) => event.type === 'fault').map((event) => event.at)
  const untilOf = (at: Micros) => Math.min(...faults.filter((fault) => fault > at), Math.max(end, at) + 1) - 1
  const seen = new Map<string, number>()
  const steps = events.filter((event) => event.type === 'step' && event.phase === 'end')
  const moments = steps.map((event) => {
    const name = event.type === 'step' ? event.name : ''
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return {
      name: `the end of step ${name}${count === 1 ? '' : ` (${count})`}`,
      at: event.at,
      until: Math.max(event.at, untilOf(event.at)),
    }
  })
  return [...moments, { name: 'the end', at: end, until: end }]
}

/** Faults that are closer together than this, on either engine, are one: what one does cannot be told from what the other does. */
export const TOGETHER: Micros = 1000 * MILLISECOND

/** What both scenarios did, by name, so that times can be counted from it: faults, commands, steps' beginnings and ends. */
export function marksOf(events: readonly LabEvent[]): Map<string, Micros> {
  const marks = new Map<string, Micros>()
  const counts = new Map<string, number>()
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    const name = markName(event)
    if (name === undefined) continue
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    marks.set(`${name} (${count})`, event.at)
  }
  return marks
}

function markName(event: LabEvent): string | undefined {
  if (event.type === 'fault') return `fault ${event.fault} ${event.device} ${event.detail}`
  if (event.type === 'command') return `command ${event.device} ${event.command}`
  return event.type === 'step' ? `step ${event.name} ${event.phase}` : undefined
}

/** One phase of two runs. */
export interface PhasePair {
  readonly a: Phase
  readonly b: Phase
}

/** The phases of two runs, in pairs. Both have the same faults. */
export function phasesOf(a: readonly LabEvent[], b: readonly LabEvent[]): PhasePair[] {
  const [ours, theirs] = [faultsOf(a), faultsOf(b)]
  const groups: { names: string[]; a: Micros; b: Micros }[] = []
  for (const [index, fault] of ours.entries()) {
    const other = theirs[index]
    if (other === undefined) break
    const [before, beforeOther] = [ours[index - 1]?.at ?? -Infinity, theirs[index - 1]?.at ?? -Infinity]
    const last = groups.at(-1)
    if (last !== undefined && (fault.at - before < TOGETHER || other.at - beforeOther < TOGETHER)) last.names.push(fault.name)
    else groups.push({ names: [fault.name], a: fault.at, b: other.at })
  }
  const [endA, endB] = [endOf(a) + 1, endOf(b) + 1]
  const starts = [{ names: [] as string[], a: -Infinity, b: -Infinity }, ...groups]
  return starts.map((group, index) => {
    const name = group.names.length === 0 ? 'until the first fault' : `after ${namesOf(group.names)}`
    const next = starts[index + 1]
    return { a: { name, from: group.a, until: next?.a ?? endA }, b: { name, from: group.b, until: next?.b ?? endB } }
  })
}

function namesOf(names: readonly string[]): string {
  const more = names.length - 2
  return `${names.slice(0, 2).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
