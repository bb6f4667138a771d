/**
 * Kubernetes' strategic merge patch, for the kinds that its clients know by heart: lists of mappings are merged by a key of theirs, and
 * directives (`$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`) say the rest.
 */
import { isMapping } from '../../../model/index.ts'

/** List field → the key that tells its items apart. Lists that are not here are replaced. */
const MERGE_KEYS: Readonly<Record<string, string>> = { ports: 'port', conditions: 'type', addresses: 'type', taints: 'key' }

type Mapping = Record<string, unknown>

export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch
  if (patch.$patch === 'replace') return without(patch, ['$patch'])
  if (patch.$patch === 'delete') return {}
  const merged: Mapping = isMapping(target) ? { ...target } : {}
  const retained = patch.$retainKeys
  if (Array.isArray(retained)) for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key]
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue
    if (value === null) delete merged[key]
    else if (Array.isArray(value) && MERGE_KEYS[key] !== undefined) merged[key] = mergeList(merged[key], value, MERGE_KEYS[key])
    else merged[key] = Array.isArray(value) ? value : strategicMergePatch(merged[key], value)
  }
  for (const [key, value] of Object.entries(patch)) {
    const [directive, field] = key.split('/') as [string, string | undefined]
    if (field === undefined || !Array.isArray(value)) continue
    if (directive === '$deleteFromPrimitiveList') merged[field] = asList(merged[field]).filter((each) => !value.includes(each))
    if (directive === '$setElementOrder') merged[field] = ordered(asList(merged[field]), value, MERGE_KEYS[field])
  }
  return merged
}

function mergeList(target: unknown, patch: readonly unknown[], key: string): unknown[] {
  if (patch.some((each) => isMapping(each) && each.$patch === 'replace'))
    return patch.filter((each) => !(isMapping(each) && each.$patch === 'replace'))
  let items = [...asList(target)]
  for (const each of patch) {
    if (!isMapping(each)) continue
    const same = (item: unknown) => isMapping(item) && item[key] === each[key]
    if (each.$patch === 'delete') items = items.filter((item) => !same(item))
    else if (items.some(same)) items = items.map((item) => (same(item) ? strategicMergePatch(item, each) : item))
    else items.push(without(each, ['$patch']))
  }
  return items
}

/** Those that the order names, as it has them; the others behind. */
function ordered(items: readonly unknown[], order: readonly unknown[], key: string | undefined): unknown[] {
  const keyOf = (item: unknown) => (key !== undefined && isMapping(item) ? item[key] : item)
  const rank = (item: unknown) => {
    const index = order.findIndex((each) => keyOf(each) === keyOf(item))
    return index < 0 ? order.length : index
  }
  return items.toSorted((a, b) => rank(a) - rank(b))
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function without(mapping: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => !keys.includes(key)))
}
