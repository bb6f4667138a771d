/** The four ways in which Kubernetes' clients say a change. Each takes the object and the request's body, and gives the object as wanted. */
export { applyPatch } from './apply.ts'
export { jsonPatch, type Operation } from './json.ts'
export { mergePatch } from './merge.ts'
export { strategicMergePatch } from './strategic.ts'
