/** Findings in a user's files, for people: each with its place and the lines around it. Pure. */
import { type Diagnostic, formatDiagnostic, sourceFrame } from '../model/index.ts'
import { PLAIN, type Style } from './text.ts'

/** `texts` has the files' contents, for the source frames. */
export function diagnosticLines(
  diagnostics: readonly Diagnostic[],
  texts: Readonly<Record<string, string>>,
  style: Style = PLAIN,
): string[] {
  const lines: string[] = []
  for (const diagnostic of diagnostics) {
    const text = formatDiagnostic(diagnostic)
    lines.push(diagnostic.severity === 'error' ? style.bad(text) : text)
    const source = texts[diagnostic.file]
    // A warning is one line: errors are what must be seen.
    if (source !== undefined && diagnostic.severity === 'error')
      for (const line of sourceFrame(source, diagnostic).split('\n')) lines.push(style.faint(`    ${line}`))
  }
  return lines
}
