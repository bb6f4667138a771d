import type { Position } from './diagnostics.ts'

/**
 * The lines around a position with a caret under it, for terminals:
 *
 *       30 |     controlPlaneNodes:
 *     > 31 |     - 10.0.2.11
 *          |       ^^^^^^^^^
 *
 * Control characters of the source are shown as `·` (a tab as `→`), so that a file cannot drive the terminal.
 */
export function sourceFrame(text: string, at: Position, context = 2): string {
  const lines = text.split(/\r?\n/)
  const first = Math.max(1, at.line - context)
  const last = Math.min(lines.length, at.line + context)
  const digits = String(last).length
  const frame: string[] = []
  for (let number = first; number <= last; number++) {
    const line = lines[number - 1] ?? ''
    if (number > at.line && number === lines.length && line === '') break
    frame.push(`${number === at.line ? '>' : ' '} ${String(number).padStart(digits)} | ${printable(line)}`.trimEnd())
    if (number === at.line) {
      const before = line.slice(0, at.column - 1)
      const token = /^(?:"[^"]*"|'[^']*'|[^\s,:\]}]+)/.exec(line.slice(at.column - 1))?.[0] ?? ' '
      frame.push(`  ${' '.repeat(digits)} | ${' '.repeat(width(before))}${'^'.repeat(Math.max(1, width(token)))}`)
    }
  }
  return frame.join('\n')
}

function printable(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
  return line.replace(/\t/g, '→').replace(/[\u0000-\u001f\u007f-\u009f]/g, '·')
}

/** Terminal columns: CJK and other full-width characters take two. */
function width(text: string): number {
  let columns = 0
  for (const character of text)
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(character) ? 2 : 1
  return columns
}
