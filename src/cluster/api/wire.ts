/** Objects as Kubernetes' clients see them. Most are what the store keeps; those of a flat kind have their fields beside `metadata`. */
import { isMapping } from '../../model/index.ts'
import { apiError, type Draft, type Resource, type ResourceType, type Result } from './objects.ts'
import { unknownFields } from './openapi/index.ts'
import type { Target } from './paths.ts'

/** As Kubernetes lists: by namespace and name; Events in the order of what they tell, so that they read as a story. */
export function inOrder(type: ResourceType, items: readonly Resource[]): readonly Resource[] {
  if (type.story) return items
  const key = ({ metadata: { namespace = '', name } }: Resource) => `${namespace}\0${name}`
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

export type Wire = Readonly<Record<string, unknown>> & { readonly metadata: Resource['metadata'] }

export function toWire(type: ResourceType, object: Resource): Wire {
  if (!type.flat) return object as unknown as Wire
  const { apiVersion, kind, metadata, spec } = object
  return { apiVersion, kind, metadata, ...(isMapping(spec) ? spec : {}) }
}

/** What a client sent, as a draft; the path says where it belongs. */
export function draftOf(body: unknown, type: ResourceType, target: Target): Result<Draft> {
  if (!isMapping(body) || (body.metadata !== undefined && !isMapping(body.metadata)))
    return apiError('bad-request', 'the body must be an object with metadata.name')
  const { apiVersion, kind, metadata: _, spec, status, ...rest } = body
  const metadata = (body.metadata ?? {}) as Partial<Resource['metadata']>
  const name = metadata.name ?? target.name ?? ''
  if (typeof name !== 'string') return apiError('bad-request', 'metadata.name must be a text')
  if (kind !== undefined && kind !== type.kind) return apiError('bad-request', `kind ${kind} sent to ${type.plural}`)
  if (target.name !== undefined && target.name !== name)
    return apiError('bad-request', `the name of the object (${name}) does not match the name on the URL (${target.name})`)
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== target.namespace)
    return apiError('bad-request', 'the namespace of the provided object does not match the namespace sent on the request')
  const { labels, annotations, resourceVersion } = metadata
  const fields = type.flat ? rest : spec
  // The status is not a client's to say.
  const unknown = target.subresource === 'status' ? [] : unknownFields(type, withoutStatus(body))
  if (unknown.length > 0)
    return apiError(
      'bad-request',
      `${type.kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: strict decoding error: ${unknown.join(', ')}`,
    )
  return {
    ok: true,
    value: {
      metadata: {
        name,
        ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
        ...(resourceVersion === undefined || resourceVersion === '' ? {} : { resourceVersion }),
        ...(isMapping(labels) && Object.keys(labels).length > 0 ? { labels } : {}),
        ...(isMapping(annotations) && Object.keys(annotations).length > 0 ? { annotations } : {}),
      },
      ...(fields === undefined ? {} : { spec: fields }),
      ...(status === undefined ? {} : { status }),
    },
  }
}

function withoutStatus({ status: _, ...rest }: Readonly<Record<string, unknown>>): unknown {
  return rest
}
