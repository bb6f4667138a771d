/**
 * Documents that run into one because the `---` between them is missing: each is read by itself, at the lines where it stands, so that one finding
 * says it and the rest of the file is checked as it was meant.
 */
import type { Diagnostic } from '../../model/index.ts'

const SEPARATOR = /^(?:---|\.\.\.)(?:\s|$)/
const ROOT_FIELD = /^(apiVersion|kind|metadata|spec):(?:\s|$)/

/** The text once for each part, the other parts' lines left empty: positions are the file's. */
export function separated(file: string, text: string): { readonly texts: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  const lines = text.split('\n')
  const starts = missingBefore(lines)
  if (starts.length === 0) return { texts: [text], diagnostics: [] }
  const texts = [0, ...starts].map((from, part) => {
    const to = starts[part] ?? lines.length
    return lines.map((line, index) => (index >= from && index < to ? line : '')).join('\n')
  })
  const diagnostics = starts.map((start): Diagnostic => {
    const message = `a \`---\` is missing before line ${start + 1}: two documents run into one`
    const suggestion = 'put `---` on a line of its own there'
    return { severity: 'error', code: 'missing-separator', file, line: start + 1, column: 1, path: '', message, suggestion }
  })
  return { texts, diagnostics }
}

/** Indexes of lines at which a resource begins although the one before has not been ended. */
function missingBefore(lines: readonly string[]): number[] {
  const starts: number[] = []
  const seen = new Set<string>()
  for (const [index, line] of lines.entries()) {
    if (SEPARATOR.test(line)) seen.clear()
    const field = rootField(line)
    if (field === undefined) continue
    const whole = seen.has('metadata') || seen.has('spec')
    // A field written twice by a slip is another mistake: nothing of a resource follows it.
    if (whole && seen.has(field) && isHead(field) && hasBody(lines, index + 1)) {
      starts.push(index)
      seen.clear()
    }
    seen.add(field)
  }
  return starts
}

function isHead(field: string): boolean {
  return field === 'apiVersion' || field === 'kind'
}

function hasBody(lines: readonly string[], from: number): boolean {
  const next = lines.slice(from).find((line) => SEPARATOR.test(line) || ['metadata', 'spec'].includes(rootField(line) ?? ''))
  return next !== undefined && !SEPARATOR.test(next)
}

function rootField(line: string): string | undefined {
  return ROOT_FIELD.exec(line)?.[1]
}
