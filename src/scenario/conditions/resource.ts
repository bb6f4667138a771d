/** Conditions over one object of the resource API. Pure. */
import { isMapping, type LabEvent, type ResourceObject } from '../../model/index.ts'
import type { Condition, FindingRow } from '../condition.ts'
import type { State } from '../state.ts'

/** Which object; `path` is where the API has it. */
export interface ResourceAt {
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  readonly path: string
  readonly text: string
}

function base(resource: ResourceAt): Pick<Condition, 'concerns' | 'reads'> {
  const { kind, name, namespace } = resource
  return {
    reads: [{ kind: 'resource', resource }],
    concerns: (event: LabEvent) => event.type === 'resource' && event.kind === kind && event.name === name && event.namespace === namespace,
  }
}

/**
 * The object has what `wanted` names, and whatever else it likes. Mappings are looked into; lists are compared as a whole, element by element;
 * a regular expression is matched against a text.
 */
export function shows(resource: ResourceAt, wanted: object): Condition {
  return {
    ...base(resource),
    describe: `${resource.text} shows ${leaves('', wanted, undefined)
      .map(({ path, expected }) => `${path} ${expected}`)
      .join(', ')}`,
    evaluate(state) {
      const found = leaves('', wanted, objectIn(state, resource))
      if (found.every((leaf) => leaf.ok)) return { holds: true, differences: [] }
      const rows = found.map(
        ({ path, expected, seen, ok }): FindingRow => ({
          what: path,
          expected,
          seen,
          ok,
          same: (other) => leaves('', wanted, objectIn(other, resource)).some((leaf) => leaf.path === path && leaf.seen === seen),
        }),
      )
      return { holds: false, differences: [{ subject: resource.text, rows, notes: [] }] }
    },
  }
}

export function isGone(resource: ResourceAt): Condition {
  return {
    ...base(resource),
    describe: `${resource.text} is gone`,
    evaluate(state) {
      if (objectIn(state, resource) === undefined) return { holds: true, differences: [] }
      const row: FindingRow = {
        what: 'object',
        expected: 'none',
        seen: 'there is one',
        ok: false,
        same: (other) => objectIn(other, resource) !== undefined,
      }
      return { holds: false, differences: [{ subject: resource.text, rows: [row], notes: [] }] }
    },
  }
}

function objectIn(state: State, { kind, name, namespace }: ResourceAt): ResourceObject | undefined {
  return state.resource(kind, name, namespace)
}

interface Leaf {
  readonly path: string
  readonly expected: string
  readonly seen: string
  readonly ok: boolean
}

function leaves(path: string, wanted: unknown, seen: unknown): Leaf[] {
  if (wanted instanceof RegExp) {
    const ok = typeof seen === 'string' && wanted.test(seen)
    return [{ path, expected: String(wanted), seen: shown(seen), ok }]
  }
  if (isMapping(wanted))
    return Object.entries(wanted).flatMap(([key, value]) =>
      leaves(path === '' ? key : `${path}.${key}`, value, isMapping(seen) ? seen[key] : undefined),
    )
  if (Array.isArray(wanted) && wanted.some((each) => isMapping(each) || each instanceof RegExp)) {
    const items = Array.isArray(seen) ? seen : []
    const length = {
      path: `${path}.length`,
      expected: String(wanted.length),
      seen: String(items.length),
      ok: items.length === wanted.length,
    }
    return [...wanted.flatMap((each, index) => leaves(`${path}[${index}]`, each, items[index])), ...(length.ok ? [] : [length])]
  }
  return [{ path, expected: shown(wanted), seen: shown(seen), ok: shown(wanted) === shown(seen) }]
}

function shown(value: unknown): string {
  if (value === undefined) return 'absent'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
