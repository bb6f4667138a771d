/** JSON Merge Patch (RFC 7396): mappings are merged, null removes, anything else replaces. */
import { isMapping } from '../../../model/index.ts'

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch
  const merged: Record<string, unknown> = isMapping(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = mergePatch(merged[key], value)
  }
  return merged
}
