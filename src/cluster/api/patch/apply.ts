/**
 * Server-side apply, without the bookkeeping of who owns which field: what a manager applied last time and leaves out now goes, what it
 * names is set, everything else stays. Lists are values.
 */
import { isMapping } from '../../../model/index.ts'

export function applyPatch(target: unknown, last: unknown, applied: unknown): unknown {
  if (!isMapping(applied)) return applied
  const result: Record<string, unknown> = isMapping(target) ? { ...target } : {}
  if (isMapping(last)) for (const key of Object.keys(last)) if (!Object.hasOwn(applied, key)) delete result[key]
  for (const [key, value] of Object.entries(applied)) result[key] = applyPatch(result[key], isMapping(last) ? last[key] : undefined, value)
  return result
}
