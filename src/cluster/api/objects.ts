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
  readonly shortNames?: readonly string[]
  /** On the wire its fields stand beside `metadata`, as an Event's do; in the store they are its `spec`. */
  readonly flat?: true
  /** Listed in the order in which its objects were told last, so that they read as a story; a watch may look for any field of it. */
  readonly story?: true
  /** Derived by a controller: clients read it. The text says what to write instead. */
  readonly derivedFrom?: string
  /** Its parts that Kubernetes' clients know by heart, so that they send strategic merge patches. */
  readonly builtIn?: true
  /** Field paths that a watch may be narrowed to (`status.nodeName`); any other is refused, so that no watch costs a scan per write. */
  readonly indexes: readonly string[]
  /** Only for the compiler: what objects of this kind look like. */
  readonly example?: R
}

/** Which objects a list or watch is about. */
export interface Selector {
  readonly namespace?: string
  readonly field?: { readonly path: string; readonly value: string }
  /** Further terms, which no index helps with. */
  readonly where?: readonly Term[]
}

/** One term of a field or label selector. `absent` holds where the field or label is not there, `in` and `not-in` compare its text. */
export interface Term {
  readonly on: 'field' | 'label'
  /** A field's dotted path, or a label's name. */
  readonly key: string
  readonly is: 'in' | 'not-in' | 'present' | 'absent'
  readonly values: readonly string[]
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
  | 'bad-request'
  | 'invalid'
  | 'forbidden'
  | 'method-not-allowed'
  | 'unsupported-media-type'
  | 'unavailable'

/** An answer of the API that is not a success; served as a Kubernetes `Status`. */
export interface ApiError {
  readonly code: ApiErrorCode
  /** The HTTP status. */
  readonly status: number
  readonly message: string
  /** Field by field, where single fields are at fault. */
  readonly causes?: readonly Cause[]
  /** The object or collection that it is about. */
  readonly about?: { readonly type: ResourceType; readonly name?: string }
}

/** What is wrong with one field, as Kubernetes words it: `Invalid value: "x": must be …`, `Required value`, `Forbidden: …`. */
export interface Cause {
  /** `spec.floatingIPs[0]` */
  readonly field: string
  readonly reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueForbidden' | 'FieldValueNotSupported' | 'FieldValueDuplicate'
  readonly message: string
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ApiError }

const STATUS_OF: Readonly<Record<ApiErrorCode, number>> = {
  'not-found': 404,
  'already-exists': 409,
  conflict: 409,
  gone: 410,
  'bad-request': 400,
  invalid: 422,
  forbidden: 403,
  'method-not-allowed': 405,
  'unsupported-media-type': 415,
  unavailable: 503,
}

type Failed = { readonly ok: false; readonly error: ApiError }

export function apiError(code: ApiErrorCode, message: string, more: Pick<ApiError, 'causes' | 'about'> = {}): Failed {
  return { ok: false, error: { code, status: STATUS_OF[code], message, ...more } }
}

/** `bgpsessions.networking.gke.io`, as Kubernetes' messages name a kind's collection. */
export function qualifiedName(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`
}

export function notFound(type: ResourceType, name: string): Failed {
  return apiError('not-found', `${qualifiedName(type)} ${JSON.stringify(name)} not found`, { about: { type, name } })
}

export function invalid(type: ResourceType, name: string, causes: readonly Cause[]): Failed {
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`
  const said = causes.map((cause) => `${cause.field}: ${cause.message}`)
  const text = said.length === 1 ? said[0] : `[${said.join(', ')}]`
  return apiError('invalid', `${kind} ${JSON.stringify(name)} is invalid: ${text}`, { causes, about: { type, name } })
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
