/**
 * cluster/api: the resource API. A store of Kubernetes-shaped objects (optimistic concurrency, watches by index, the lease's own verb), a
 * server and a client over the world's calls, and the informer that keeps a copy in step.
 *
 * Refuses: policy of any kind, persistence, users and rights. Imports net, model and world.
 */
export { Backoff } from './backoff.ts'
export { ApiClient, type ApiClientOptions, type ListReply } from './client.ts'
export { Informer, type InformerHandlers } from './informer.ts'
export * from './kinds.ts'
export * from './objects.ts'
export { collectionPath, objectPath, parsePath, type Target } from './paths.ts'
export { NODE_PORT, type PodLog, podLogPath } from './pod-logs.ts'
export { ApiServer, type ApiServerOptions } from './server.ts'
export { type Admission, type List, Store, type StoreWatch } from './store.ts'
export { type Change, eventFor, matches } from './watchers.ts'
