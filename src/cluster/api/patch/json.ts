/** JSON Patch (RFC 6902). A text says why it cannot be done; nothing is then changed. */
import { isMapping } from '../../../model/index.ts'
import { sameJson } from '../objects.ts'

export interface Operation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

export function jsonPatch(target: unknown, operations: unknown): { readonly value: unknown } | string {
  if (!Array.isArray(operations)) return 'a JSON patch is a list of operations'
  let value = target
  for (const operation of operations as readonly Operation[]) {
    const next = applyOne(value, operation)
    if (typeof next === 'string') return next
    value = next.value
  }
  return { value }
}

function applyOne(target: unknown, { op, path, from, value }: Operation): { readonly value: unknown } | string {
  const steps = pointer(path)
  if (steps === undefined) return `${JSON.stringify(path)} is not a JSON pointer`
  if (op === 'add') return edit(target, steps, path, () => ({ value }), true)
  if (op === 'replace') return edit(target, steps, path, (old) => (old === undefined ? `${path} is not there` : { value }), false)
  if (op === 'remove') return edit(target, steps, path, (old) => (old === undefined ? `${path} is not there` : {}), false)
  if (op === 'test') return sameJson(at(target, steps), value) ? { value: target } : `testing ${path} failed: its value is another`
  const source = op === 'move' || op === 'copy' ? pointer(from ?? '') : undefined
  if (source === undefined) return `unknown operation ${JSON.stringify(op)}`
  const moved = at(target, source)
  if (moved === undefined) return `${from} is not there`
  const rest = op === 'move' ? edit(target, source, from ?? '', () => ({}), false) : { value: target }
  return typeof rest === 'string' ? rest : edit(rest.value, steps, path, () => ({ value: moved }), true)
}

/** RFC 6901. */
function pointer(text: string): string[] | undefined {
  if (text === '') return []
  if (!text.startsWith('/')) return undefined
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function at(target: unknown, steps: readonly string[]): unknown {
  let value: unknown = target
  for (const step of steps) {
    if (Array.isArray(value)) value = value[Number(step)]
    else value = isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }
  return value
}

/** A copy in which the value at `steps` is what `change` makes of it; without a `value` it goes. `insert`: lists make room. */
function edit(
  target: unknown,
  steps: readonly string[],
  path: string,
  change: (old: unknown) => { readonly value?: unknown } | string,
  insert: boolean,
): { readonly value: unknown } | string {
  const [step, ...rest] = steps
  if (step === undefined) {
    const next = change(target)
    return typeof next === 'string' ? next : { value: next.value }
  }
  if (!Array.isArray(target) && !isMapping(target)) return `${path} leads nowhere`
  const last = rest.length === 0
  const index = Array.isArray(target) ? (step === '-' ? target.length : Number(step)) : undefined
  if (index !== undefined && Array.isArray(target) && !(Number.isInteger(index) && index >= 0 && index <= target.length))
    return `${path} is outside the list`
  const old = Array.isArray(target) ? target[index!] : Object.hasOwn(target, step) ? target[step] : undefined
  const next = last ? change(insert && Array.isArray(target) ? undefined : old) : edit(old, rest, path, change, insert)
  if (typeof next === 'string') return next
  if (Array.isArray(target)) {
    const gone = last && insert ? 0 : 1
    return { value: target.toSpliced(index!, gone, ...('value' in next ? [next.value] : [])) }
  }
  const { [step]: _, ...others } = target
  return { value: 'value' in next ? { ...others, [step]: next.value } : others }
}
