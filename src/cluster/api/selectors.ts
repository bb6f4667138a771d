/** Field and label selectors in the text that Kubernetes' clients send. */
import { apiError, type ResourceType, type Result, type Selector, type Term } from './objects.ts'
import type { Target } from './paths.ts'

/** Fields by which a watch may be narrowed although no index helps: it then looks at every change of its kind. */
const ANY_KIND = ['metadata.name', 'metadata.namespace']

export function selectorOf(target: Target, type: ResourceType, watch: boolean): Result<Selector> {
  const fields = parseFields(target.query.fieldSelector ?? '', type)
  if (!fields.ok) return fields
  const labels = parseLabels(target.query.labelSelector ?? '')
  if (!labels.ok) return labels
  const namespace = target.namespace === undefined ? {} : { namespace: target.namespace }
  const indexed = fields.value.find((term) => term.is === 'in' && type.indexes.includes(term.key))
  const rest = fields.value.filter((term) => term !== indexed)
  const scanned = watch && type.story === undefined ? rest.find((term) => !ANY_KIND.includes(term.key)) : undefined
  if (scanned !== undefined) return notSupported(scanned.key)
  const where = [...rest, ...labels.value]
  return {
    ok: true,
    value: {
      ...namespace,
      ...(indexed === undefined ? {} : { field: { path: indexed.key, value: indexed.values[0]! } }),
      ...(where.length === 0 ? {} : { where }),
    },
  }
}

function notSupported(key: string) {
  return apiError('bad-request', `field label not supported: ${key}`)
}

/** `a.b=c,d!=e` */
function parseFields(text: string, type: ResourceType): Result<readonly Term[]> {
  const terms: Term[] = []
  for (const part of text.split(',').filter((each) => each !== '')) {
    const match = /^([\w.]+)\s*(=|==|!=)\s*([^=]*)$/.exec(part.trim())
    if (match === null) return apiError('bad-request', `invalid field selector ${JSON.stringify(part)}: it has the form path=value`)
    const [, path, operator, value] = match as unknown as [string, string, string, string]
    const key = type.flat && !path.startsWith('metadata.') ? `spec.${path}` : path
    terms.push({ on: 'field', key, is: operator === '!=' ? 'not-in' : 'in', values: [value] })
  }
  return { ok: true, value: terms }
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` */
function parseLabels(text: string): Result<readonly Term[]> {
  const terms: Term[] = []
  for (const part of text.split(/,(?![^(]*\))/).filter((each) => each.trim() !== '')) {
    const term = parseLabel(part.trim())
    if (term === undefined) return apiError('bad-request', `unable to parse requirement: ${JSON.stringify(part)}`)
    terms.push(term)
  }
  return { ok: true, value: terms }
}

function parseLabel(text: string): Term | undefined {
  const on = 'label'
  const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text)
  if (set !== null) {
    const values = set[3]!.split(',').map((each) => each.trim())
    return { on, key: set[1]!, is: set[2] === 'in' ? 'in' : 'not-in', values }
  }
  const equality = /^([\w./-]+)\s*(=|==|!=)\s*([\w.-]*)$/.exec(text)
  if (equality !== null) return { on, key: equality[1]!, is: equality[2] === '!=' ? 'not-in' : 'in', values: [equality[3]!] }
  const presence = /^(!?)\s*([\w./-]+)$/.exec(text)
  return presence === null ? undefined : { on, key: presence[2]!, is: presence[1] === '!' ? 'absent' : 'present', values: [] }
}
