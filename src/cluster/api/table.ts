/** Tables, in which Kubernetes' servers say what `kubectl get` prints. */
import { columnsOf } from './columns.ts'
import type { Resource, ResourceType } from './objects.ts'
import { toWire } from './wire.ts'

/** What a client asked for: a table of this version, and how much of each object it wants along. */
export interface TableRequest {
  readonly apiVersion: string
  readonly include: 'None' | 'Metadata' | 'Object'
}

/** `Accept: application/json;as=Table;v=v1;g=meta.k8s.io,…`; `undefined`: objects as they are. */
export function tableRequest(accept: string | undefined, includeObject: string | undefined): TableRequest | undefined {
  const [first] = (accept ?? '').split(',').filter((each) => /^\s*application\/json\b/.test(each))
  if (first === undefined) return undefined
  const parameters = new Map(
    first
      .split(';')
      .slice(1)
      .map((each) => each.trim().split('=') as [string, string]),
  )
  const version = parameters.get('v')
  if (parameters.get('as') !== 'Table' || parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1'))
    return undefined
  const include = includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata'
  return { apiVersion: `meta.k8s.io/${version}`, include }
}

/** `now`: RFC 3339, for ages. */
export function tableOf(type: ResourceType, items: readonly Resource[], request: TableRequest, resourceVersion: string, now: string) {
  const columns = columnsOf(type)
  const { apiVersion, include } = request
  const along = (object: Resource) => {
    if (include === 'None') return {}
    if (include === 'Object') return { object: toWire(type, object) }
    return { object: { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata } }
  }
  return {
    kind: 'Table',
    apiVersion,
    metadata: { resourceVersion },
    columnDefinitions: columns.map(({ name, isName, wide }) => ({
      name,
      type: 'string',
      format: isName ? 'name' : '',
      description: '',
      priority: wide ? 1 : 0,
    })),
    rows: items.map((object) => ({ cells: columns.map((column) => column.cell(object, now)), ...along(object) })),
  }
}
