/** Where in a file something stands; both count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A finding in a user's file. `code` is stable and machine-readable (`unknown-field`, `cp-node-without-peer`…). */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note'
  readonly code: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** The field, as `spec.loadBalancer.bgpPeers[1].asn`; empty for the whole document. */
  readonly path: string
  /** What is wrong and what it leads to. */
  readonly message: string
  /** What to do about it: `did you mean …?`, or the fix. */
  readonly suggestion?: string
}

/** `file:line:col: error: path: what; suggestion` */
export function formatDiagnostic(d: Diagnostic): string {
  const where = d.path === '' ? '' : `${d.path}: `
  const cure = d.suggestion === undefined ? '' : `; ${d.suggestion}`
  return `${d.file}:${d.line}:${d.column}: ${d.severity}: ${where}${d.message}${cure}`
}

/** As a reader meets them: by file, line and column. Findings of one place keep their order. */
export function inFileOrder(found: readonly Diagnostic[]): Diagnostic[] {
  return found.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column))
}

export function hasErrors(found: readonly Diagnostic[]): boolean {
  return found.some((d) => d.severity === 'error')
}
