/** PATCH: the object as it is, changed as the body says in the way that its media type names, and written as any other update. */
import { isMapping } from '../../model/index.ts'
import { apiError, invalid, notFound, type Resource, type ResourceType, type Result } from './objects.ts'
import { applyPatch, jsonPatch, mergePatch, strategicMergePatch } from './patch/index.ts'
import type { Target } from './paths.ts'
import type { Store } from './store.ts'
import { draftOf, toWire } from './wire.ts'

const JSON_PATCH = 'application/json-patch+json'
const MERGE_PATCH = 'application/merge-patch+json'
const STRATEGIC = 'application/strategic-merge-patch+json'
const APPLY = 'application/apply-patch+yaml'

/** Managers of server-side apply whose last word is kept. */
const REMEMBERED = 1_000

export interface Patched {
  readonly object: Resource
  readonly created: boolean
}

export class Patcher {
  readonly #store: Store
  /** What each manager applied last, by object and manager. */
  readonly #applied = new Map<string, unknown>()

  constructor(store: Store) {
    this.#store = store
  }

  patch(type: ResourceType, target: Target, name: string, contentType: string | undefined, body: unknown): Result<Patched> {
    const media = (contentType ?? '').split(';')[0]!.trim()
    const previous = this.#store.get(type, name, target.namespace)
    if (media === APPLY) return this.#apply(type, target, name, previous, body)
    if (previous === undefined) return notFound(type, name)
    const current = toWire(type, previous)
    if (media === MERGE_PATCH) return this.#write(type, target, mergePatch(current, body))
    if (media === STRATEGIC && type.builtIn) return this.#write(type, target, strategicMergePatch(current, body))
    if (media === JSON_PATCH) {
      const patched = jsonPatch(current, body)
      if (typeof patched !== 'string') return this.#write(type, target, patched.value)
      const message = `Invalid value: cannot be done: ${patched}`
      return invalid(type, name, [{ field: 'patch', reason: 'FieldValueInvalid', message }])
    }
    const accepted = [JSON_PATCH, MERGE_PATCH, APPLY, ...(type.builtIn ? [STRATEGIC] : [])]
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
    return apiError('unsupported-media-type', message)
  }

  #write(type: ResourceType, target: Target, wanted: unknown): Result<Patched> {
    const draft = draftOf(wanted, type, target)
    if (!draft.ok) return draft
    const written = target.subresource === 'status' ? this.#store.updateStatus(type, draft.value) : this.#store.update(type, draft.value)
    return written.ok ? { ok: true, value: { object: written.value, created: false } } : written
  }

  #apply(type: ResourceType, target: Target, name: string, previous: Resource | undefined, body: unknown): Result<Patched> {
    if (!isMapping(body)) return apiError('bad-request', 'what is applied must be an object')
    const manager = target.query.fieldManager
    if (manager === undefined) return apiError('bad-request', 'PatchOptions: fieldManager is required for apply patch')
    const key = [type.plural, target.namespace, name, previous?.metadata.uid, manager].join(' ')
    if (previous === undefined) {
      const draft = draftOf(body, type, target)
      if (!draft.ok) return draft
      const { status: _, ...wanted } = draft.value
      const created = this.#store.create(type, wanted)
      if (!created.ok) return created
      this.#remember([type.plural, target.namespace, name, created.value.metadata.uid, manager].join(' '), body)
      return { ok: true, value: { object: created.value, created: true } }
    }
    const result = this.#write(type, target, applyPatch(toWire(type, previous), this.#applied.get(key), body))
    if (result.ok) this.#remember(key, body)
    return result
  }

  #remember(key: string, body: unknown): void {
    this.#applied.delete(key)
    this.#applied.set(key, body)
    const [oldest] = this.#applied.keys()
    if (this.#applied.size > REMEMBERED && oldest !== undefined) this.#applied.delete(oldest)
  }
}
