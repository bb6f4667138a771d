/**
 * The API's paths, as Kubernetes has them:
 *
 *     /api/v1/nodes/node-01                                     /apis/<group>/<version>/namespaces/<ns>/<plural>/<name>/status
 *     /apis/<group>/<version>/<plural>?watch=1&resourceVersion=57&fieldSelector=status.nodeName%3Dnode-04
 */
import { apiVersionOf, type ResourceType, type Selector } from './objects.ts'

/** What a path asks for. `resource` by its address alone: whether such a kind exists is the server's to say. */
export interface Target {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  readonly query: Readonly<Record<string, string>>
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function parseQuery(text: string): Record<string, string> | undefined {
  const query: Record<string, string> = {}
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const [key, ...rest] = pair.split('=')
    const name = decode(key ?? '')
    const value = decode(rest.join('='))
    if (name === undefined || value === undefined) return undefined
    query[name] = value
  }
  return query
}

/** `undefined` when it is no path of ours. */
export function parsePath(path: string): Target | undefined {
  const mark = path.indexOf('?')
  const query = mark < 0 ? {} : parseQuery(path.slice(mark + 1))
  const steps = (mark < 0 ? path : path.slice(0, mark)).split('/').slice(1).map(decode)
  if (query === undefined || steps.some((step) => step === undefined || step === '')) return undefined
  const [root, ...rest] = steps as string[]
  const group = root === 'api' ? '' : root === 'apis' ? rest.shift() : undefined
  const version = rest.shift()
  if (group === undefined || version === undefined) return undefined
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.splice(0, 2)[1] : undefined
  const [plural, name, subresource, ...more] = rest
  if (plural === undefined || more.length > 0) return undefined
  return {
    group,
    version,
    plural,
    query,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}

/** The path of a kind's collection. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === '' ? '/api' : '/apis'
  const space = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root}/${apiVersionOf(type)}${space}/${type.plural}`
}

export function objectPath(type: ResourceType, name: string, namespace?: string, subresource?: string): string {
  return `${collectionPath(type, namespace)}/${encodeURIComponent(name)}${subresource === undefined ? '' : `/${subresource}`}`
}

export function selectorQuery(selector: Selector): string[] {
  const { field } = selector
  return field === undefined ? [] : [`fieldSelector=${encodeURIComponent(`${field.path}=${field.value}`)}`]
}
