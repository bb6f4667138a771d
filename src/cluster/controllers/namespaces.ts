/** Namespaces: a few that there always are, and those that users make. What is in one goes with it. */
import type { Clock } from '../../world/index.ts'
import { LEASE_NAMESPACE, NAMESPACE, RESOURCE_TYPES, type Store, SYSTEM_NAMESPACE } from '../api/index.ts'
import { INGRESS } from '../vips.ts'
import { Reconciler, written } from './reconciler.ts'

export function seedNamespaces(store: Store, more: readonly string[]): void {
  for (const name of new Set(['default', SYSTEM_NAMESPACE, LEASE_NAMESPACE, INGRESS.namespace, ...more]))
    written(store.upsert(NAMESPACE, { metadata: { name }, spec: { finalizers: [] }, status: { phase: 'Active' } }))
}

export class NamespaceController {
  readonly #store: Store
  readonly #reconciler: Reconciler

  constructor(clock: Clock, store: Store) {
    this.#store = store
    this.#reconciler = new Reconciler(clock, () => {})
  }

  start(): void {
    this.#reconciler.follow(this.#store, NAMESPACE, ({ metadata, status }, deleted) => {
      if (deleted) this.#empty(metadata.name)
      else if (status === undefined) this.#store.updateStatus(NAMESPACE, { metadata: { name: metadata.name }, status: { phase: 'Active' } })
    })
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #empty(namespace: string) {
    for (const type of RESOURCE_TYPES.filter((each) => each.namespaced))
      for (const { metadata } of this.#store.list(type, { namespace }).items) this.#store.delete(type, metadata.name, namespace)
  }
}
