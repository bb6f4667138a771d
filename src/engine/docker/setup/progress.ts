/** Progress of a long job, a line a step, with the time that it took. */
export type Report = (line: string) => void

const COLUMN = 14

/** Runs one named step. What it notes comes at once, what it returns as `summary` with the step's time. */
export async function step<T extends { readonly ok: boolean }>(
  report: Report,
  name: string,
  work: (note: Report) => Promise<T & { readonly summary?: string }>,
): Promise<T> {
  const start = performance.now()
  const result = await work((text) => report(line(name, `… ${text}`)))
  if (result.ok) report(line(name, `${result.summary ?? 'done'}  (${((performance.now() - start) / 1000).toFixed(1)} s)`))
  return result
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(COLUMN)} ${text}`
}
