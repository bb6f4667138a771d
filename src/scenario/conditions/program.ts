/** Conditions over a program that the scenario started on a device. Pure. */
import type { LabEvent } from '../../model/index.ts'
import type { Condition, FindingRow } from '../condition.ts'
import type { State } from '../state.ts'

/** How much of what it said is shown when it said something else. */
const SHOWN = 3

function condition(device: string, program: string, sentence: string, row: (state: State) => FindingRow): Condition {
  return {
    describe: `${program} on ${device} ${sentence}`,
    reads: [],
    concerns: (event: LabEvent) =>
      (event.type === 'output' || event.type === 'exit') && event.device === device && event.program === program,
    evaluate(state) {
      const found = row(state)
      const notes = state.linesOf(device, program).slice(-SHOWN)
      return { holds: found.ok, differences: found.ok ? [] : [{ subject: `${program} on ${device}`, rows: [found], notes }] }
    },
  }
}

export function says(device: string, program: string, pattern: RegExp): Condition {
  return condition(device, program, `says ${pattern.source}`, (state) => {
    const lines = state.linesOf(device, program)
    return {
      what: 'its output',
      expected: String(pattern),
      seen: `${lines.length} lines, none such`,
      ok: lines.some((line) => pattern.test(line)),
    }
  })
}

/** It has ended; with `code`, by that exit code. */
export function ends(device: string, program: string, code?: number): Condition {
  return condition(device, program, 'ends', (state) => {
    const seen = state.exitCodeOf(device, program)
    return {
      what: 'exit code',
      expected: code === undefined ? 'any' : String(code),
      seen: seen === undefined ? 'it runs' : String(seen),
      ok: seen !== undefined && (code === undefined || seen === code),
      same: (other) => other.exitCodeOf(device, program) === seen,
    }
  })
}
