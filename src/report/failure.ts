/** A failed assertion for people: what was wanted, what was there, since when, and where it was asked. Pure. */
import { type AssertionResult, type Difference, formatDuration } from '../model/index.ts'
import { aligned, folded, PLAIN, printable, type Style, table } from './text.ts'
import { signed } from './timeline.ts'

export interface FailureOptions {
  readonly style?: Style
  /** Shortens a source path. */
  readonly shown?: (file: string) => string
  readonly columns?: number
}

export function failureLines(scenario: string, assertion: AssertionResult, options: FailureOptions = {}): string[] {
  const style = options.style ?? PLAIN
  const within = assertion.within === undefined || assertion.code !== 'not-in-time' ? '' : ` within ${formatDuration(assertion.within)}`
  const title = `✗ ${scenario} › ${assertion.name}${within}`
  const { place } = assertion
  const where = place === undefined ? '' : `${options.shown?.(place.file) ?? place.file}:${place.line}`
  const columns = options.columns ?? 100
  const head = aligned(title, where, columns).trimEnd()
  const lines = (head.length <= columns + where.length ? [head] : [...folded(title, columns), `    ${where}`]).map(style.bad)
  if (assertion.message !== undefined && !(assertion.code === 'not-in-time' && assertion.differences.length > 0))
    lines.push(`    ${printable(assertion.message)}`)
  const told = new Set<string>()
  for (const difference of assertion.differences) {
    // One note for both tables is enough.
    const notes = difference.notes.filter((note) => !told.has(note))
    for (const note of notes) told.add(note)
    lines.push('', ...differenceLines({ ...difference, notes }, assertion).map((line) => `    ${line}`))
  }
  return lines
}

/** `-` marks the rows that are not as they should be. */
function differenceLines(difference: Difference, assertion: AssertionResult): string[] {
  const seenAt =
    assertion.code === 'not-in-time' || assertion.code === 'violated' ? ` at ${signed(assertion.at - assertion.reference)}` : ''
  const rows: string[][] = [[difference.subject, 'expected', `seen${seenAt}`]]
  // What is as it should be is told in one row for each way of being so.
  const fine = new Map<string, string[]>()
  for (const row of difference.rows) {
    if (row.ok) {
      const key = JSON.stringify([row.expected, row.seen])
      fine.set(key, [...(fine.get(key) ?? []), row.what])
      continue
    }
    const since = row.since === undefined ? '' : ` (since ${signed(row.since - assertion.reference)})`
    rows.push([`  - ${row.what}`, row.expected, `${row.seen}${since}`])
  }
  for (const [key, whats] of fine) {
    const [expected, seen] = JSON.parse(key) as [string, string]
    rows.push([`    ${joined(whats)}`, expected, seen])
  }
  return [...table(rows), ...difference.notes.map((note) => `${printable(note)}.`)]
}

function joined(whats: readonly string[]): string {
  return whats.every((what) => what.startsWith('via ')) ? `via ${whats.map((what) => what.slice(4)).join(', ')}` : whats.join(', ')
}
