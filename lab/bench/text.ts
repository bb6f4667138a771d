/** Numbers and tables as people read them: in a terminal, and as Markdown. */
import type { Spread } from './statistics.ts'

/** `0.532 s`, `61.0 ms`: three digits that count. */
export function duration(seconds: number): string {
  return seconds < 1 ? `${digits(seconds * 1000)} ms` : `${digits(seconds)} s`
}

/** `86 MB`, of a million octets each. */
export function memory(octets: number): string {
  return `${Math.round(octets / 1e6)} MB`
}

/** `0.34×`. */
export function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(1)}×`
}

/** `0.532 s (0.511–0.602)`; one run alone has no spread. */
export function withSpread({ median, least, most, runs }: Spread, unit: (value: number) => string): string {
  return runs === 1 ? unit(median) : `${unit(median)} (${unit(least)} to ${unit(most)})`
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Said below it. */
  readonly notes?: readonly string[]
}

export function asText({ title, columns, rows, notes = [] }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (row: readonly string[]) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()
  return [title, line(columns), ...rows.map(line), ...notes.map((note) => `  ${note}`)].join('\n')
}

export function asMarkdown({ title, columns, rows, notes = [] }: Table): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`
  const table = [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
  return [`### ${title}`, table, ...(notes.length > 0 ? [notes.join('\n')] : [])].join('\n\n')
}
