import type { Shown } from '../terms.ts'

/** Rows as a daemon lists them → its paths by neighbor and prefix. */
export function held(
  rows: readonly { readonly neighbor: string; readonly prefix: string; readonly path: Shown }[],
): Map<string, Map<string, Shown[]>> {
  const all = new Map<string, Map<string, Shown[]>>()
  for (const { neighbor, prefix, path } of rows) {
    const table = all.get(neighbor) ?? new Map<string, Shown[]>()
    all.set(neighbor, table)
    table.set(prefix, [...(table.get(prefix) ?? []), path].sort())
  }
  return all
}
