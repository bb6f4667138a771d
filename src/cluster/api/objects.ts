/** Kubernetes-shaped objects as the resource API stores and serves them. They are values: whoever reads one never changes it. */
export interface ObjectMeta {
  readonly name: string
  /** Absent on kinds that are not namespaced. */
  readonly namespace?: string
  readonly uid: string
  /** Opaque to clients; grows with every write, over restarts of the store too. */
  readonly resourceVersion: string
  /** RFC 3339, UTC. */
  readonly creationTimestamp: string
  /** Counts changes of `spec`. */
  readonly generation: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Resource<Spec = unknown, Status = unknown> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec?: Spec
  readonly status?: Status
}

/** What a writer hands in: the store fills in the rest. `resourceVersion`, where given, must be the stored one (else 409). */
export interface Draft<R extends Resource = Resource> {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: R['spec']
  readonly status?: R['status']
}

/** One kind that the API serves. */
export interface ResourceType<R extends Resource = Resource> {
  /** `''` is the core group, served under /api/v1. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  /** Field paths that a watch may be narrowed to (`status.nodeName`); any other is refused, so that no watch costs a scan per write. */
  readonly indexes: readonly string[]
  /** Only for the compiler: what objects of this kind look like. */
  readonly example?: R
}

/** Which objects a list or watch is about. */
export interface Selector {
  readonly namespace?: string
  readonly field?: { readonly path: string; readonly value: string }
}

/**
 * What a watch delivers. `LEFT`: the object still exists, but no longer has the field's value that the watch is narrowed to; `object` is as
 * it is now, so that whoever held it reads who holds it. `BOOKMARK` carries nothing but the revision and the proof that the server lives.
 */
export type WatchEvent<R extends Resource = Resource> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'LEFT'; readonly object: R }
  | { readonly type: 'BOOKMARK'; readonly object: { readonly metadata: { readonly resourceVersion: string } } }

export type ApiErrorCode =
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'gone'
  | 'invalid'
  | 'forbidden'
  | 'method-not-allowed'
  | 'unavailable'

/** An answer of the API that is not a success; served as a Kubernetes `Status`. */
export interface ApiError {
  readonly code: ApiErrorCode
  /** The HTTP status. */
  readonly status: number
  readonly message: string
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ApiError }

const STATUS_OF: Readonly<Record<ApiErrorCode, number>> = {
  'not-found': 404,
  'already-exists': 409,
  conflict: 409,
  gone: 410,
  invalid: 422,
  forbidden: 403,
  'method-not-allowed': 405,
  unavailable: 503,
}

export function apiError(code: ApiErrorCode, message: string): { readonly ok: false; readonly error: ApiError } {
  return { ok: false, error: { code, status: STATUS_OF[code], message } }
}

export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`
}

/** `namespace/name`, or the name alone. */
export function keyOf(object: { readonly metadata: { readonly name: string; readonly namespace?: string } }): string {
  const { name, namespace } = object.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** The text at a dotted path; anything that is not a string, number or boolean is `undefined`. */
export function fieldOf(object: unknown, path: string): string | undefined {
  let value: unknown = object
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** Whether two JSON values are the same, whatever the order of their keys; an absent key and `undefined` are equal. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = a as Readonly<Record<string, unknown>>
  const right = b as Readonly<Record<string, unknown>>
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) if (!sameJson(left[key], right[key])) return false
  return Array.isArray(a) ? a.length === (b as readonly unknown[]).length : true
}
