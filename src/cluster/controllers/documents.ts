/** The owner's documents that controllers follow: in the cluster's own namespace. Those in the system namespace are copies (R30). */
import { type Resource, type ResourceType, type Store, SYSTEM_NAMESPACE } from '../api/index.ts'

/** The gateway or the load balancer as its owner wants it; `undefined` when it was deleted. */
export function ownersDocument<R extends Resource>(store: Store, type: ResourceType<R>): R | undefined {
  return store.list(type).items.find((each) => each.metadata.namespace !== SYSTEM_NAMESPACE)
}
