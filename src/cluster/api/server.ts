/**
 * Serves a store over the world's calls, as a Kubernetes API server does as far as kubectl looks. Watches of our own agents carry a bookmark
 * every `bookmarkInterval`, so that a client can tell a quiet server from a dead one, and the server's stack notices clients that are gone.
 *
 * Kinds that controllers write are held back until `openGate`: a store that starts anew is empty of them, and an agent that read it then
 * would take its own floating IP for withdrawn.
 */
import type { Micros } from '../../model/index.ts'
import type { Endpoint, IncomingRequest, Listener, Timer, World } from '../../world/index.ts'
import { discovery } from './discovery.ts'
import { LEASE, type LeaseSpec, NAMESPACE, POD } from './kinds.ts'
import { apiError, apiVersionOf, notFound, type Resource, type ResourceType, type Result } from './objects.ts'
import { openApiJson, openApiProto, PROTOBUF } from './openapi/index.ts'
import { Patcher } from './patcher.ts'
import { parsePath, type Target } from './paths.ts'
import { readPodLog } from './pod-logs.ts'
import { selectorOf } from './selectors.ts'
import { deletedStatus, statusOf } from './status.ts'
import type { Store } from './store.ts'
import { tableOf, tableRequest } from './table.ts'
import { WatchStreams } from './watch-streams.ts'
import { draftOf, inOrder, toWire } from './wire.ts'

export interface ApiServerOptions {
  readonly listen: Endpoint
  readonly types: readonly ResourceType[]
  /** Read only once the gate is open. */
  readonly gated?: readonly ResourceType[]
  readonly bookmarkInterval: Micros
}

export class ApiServer {
  readonly #world: World
  readonly #store: Store
  readonly #options: ApiServerOptions
  readonly #types = new Map<string, ResourceType>()
  readonly #bookmarks: Timer
  readonly #streams: WatchStreams
  readonly #patcher: Patcher
  #listener: Listener | undefined
  #waiting: IncomingRequest[] = []
  #open: boolean

  constructor(world: World, store: Store, options: ApiServerOptions) {
    this.#world = world
    this.#store = store
    this.#options = options
    for (const type of options.types) this.#types.set(`${apiVersionOf(type)}/${type.plural}`, type)
    this.#open = (options.gated ?? []).length === 0
    this.#streams = new WatchStreams(world.clock, store)
    this.#patcher = new Patcher(store)
    this.#bookmarks = world.clock.timer('api bookmarks', () => {
      this.#streams.bookmark()
      this.#bookmarks.start(options.bookmarkInterval)
    })
  }

  get serving(): boolean {
    return this.#listener !== undefined
  }

  /** `sink` hears once whether it listens; a text says why not, and otherwise where. */
  start(sink: (problem: string | undefined, local?: Endpoint) => void = () => {}): void {
    if (this.#listener !== undefined) return
    this.#listener = this.#world.calls.serve(this.#options.listen, (event) => {
      if (event.type === 'request') this.#handle(event.request)
      else if (event.type === 'listening') sink(undefined, event.local)
      else sink(`${event.reason}: ${event.detail}`)
    })
    this.#bookmarks.start(this.#options.bookmarkInterval)
  }

  /** Stops listening and ends every watch; the store keeps what it has. */
  stop(): void {
    this.#listener?.close()
    this.#listener = undefined
    this.#bookmarks.stop()
    this.#streams.endAll()
    this.#waiting = []
  }

  /** From now on the gated kinds are answered, those that wait first. */
  openGate(): void {
    if (this.#open) return
    this.#open = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const request of waiting) this.#handle(request)
  }

  #handle(request: IncomingRequest) {
    const target = parsePath(request.path)
    const type = target && this.#types.get(`${target.group === '' ? '' : `${target.group}/`}${target.version}/${target.plural}`)
    if (target === undefined || type === undefined) return this.#aboutTheApi(request)
    if (request.method !== 'GET' && type.derivedFrom !== undefined)
      return fail(request, apiError('method-not-allowed', `${type.plural} cannot be written: ${type.derivedFrom}`))
    if (!this.#open && request.method === 'GET' && this.#options.gated?.includes(type)) {
      this.#waiting.push(request)
      return
    }
    if (type.namespaced && target.namespace === undefined && target.name !== undefined)
      return fail(request, apiError('bad-request', `${type.plural} have a namespace: …/namespaces/<namespace>/${type.plural}/…`))
    if (target.name === undefined) this.#collection(request, type, target)
    else this.#object(request, type, target, target.name)
  }

  #aboutTheApi(request: IncomingRequest) {
    const { types } = this.#options
    const [path] = request.path.split('?') as [string]
    if (['/healthz', '/livez', '/readyz'].includes(path)) return request.replyBytes(200, 'text/plain', Uint8Array.of(111, 107))
    // The name that kubectl asks for is no media type that its own parser takes.
    if (path === '/openapi/v2' && request.headers.accept?.includes(PROTOBUF))
      return request.replyBytes(200, 'application/octet-stream', openApiProto(types))
    const found = path === '/openapi/v2' ? openApiJson(types) : discovery(request.path, types)
    if (found !== undefined) return request.reply(200, found)
    fail(request, apiError('not-found', 'the server could not find the requested resource'))
  }

  #collection(request: IncomingRequest, type: ResourceType, target: Target) {
    if (request.method === 'POST') return this.#create(request, type, target)
    if (request.method !== 'GET') return fail(request, apiError('method-not-allowed', `${request.method} is not for a collection`))
    const watch = target.query.watch === '1' || target.query.watch === 'true'
    const selector = selectorOf(target, type, watch)
    if (!selector.ok) return fail(request, selector)
    const table = tableRequest(request.headers.accept, target.query.includeObject)
    if (watch) {
      const refused = this.#streams.start(request, type, selector.value, target.query, table)
      return refused === undefined ? undefined : fail(request, refused)
    }
    const { items: found, resourceVersion } = this.#store.list(type, selector.value)
    const items = inOrder(type, found)
    if (table !== undefined) return request.reply(200, tableOf(type, items, table, resourceVersion, this.#world.clock.wallTime()))
    const head = { apiVersion: apiVersionOf(type), kind: `${type.kind}List`, metadata: { resourceVersion } }
    request.reply(200, { ...head, items: items.map((each) => toWire(type, each)) })
  }

  #create(request: IncomingRequest, type: ResourceType, target: Target) {
    const draft = draftOf(request.body, type, target)
    if (!draft.ok) return fail(request, draft)
    const { namespace } = target
    if (namespace !== undefined && !this.#hasNamespace(namespace)) return fail(request, notFound(NAMESPACE, namespace))
    // The status is the controllers' to say.
    const { status: _, ...wanted } = draft.value
    this.#write(request, type, target, () => this.#store.create(type, wanted), 201)
  }

  /** A store that keeps no namespaces takes any. */
  #hasNamespace(name: string): boolean {
    if (!this.#options.types.includes(NAMESPACE) || this.#store.get(NAMESPACE, name) !== undefined) return true
    return this.#store.list(NAMESPACE).items.length === 0
  }

  #object(request: IncomingRequest, type: ResourceType, target: Target, name: string) {
    const { method } = request
    const { namespace, subresource } = target
    if (method === 'PUT' && subresource === 'renew' && type === LEASE) {
      const renewed = this.#renew(name, request.body as Partial<LeaseSpec> | null)
      return renewed.ok ? request.reply(200, renewed.value) : fail(request, renewed)
    }
    if (method === 'GET' && subresource === 'log' && type === (POD as ResourceType))
      return readPodLog(this.#world, this.#store, target, (log) => {
        if (log.ok) request.replyBytes(200, 'text/plain', new TextEncoder().encode(log.value))
        else fail(request, log)
      })
    if (subresource !== undefined && subresource !== 'status')
      return fail(request, apiError('not-found', 'the server could not find the requested resource'))
    if (method === 'GET') {
      const object = this.#store.get(type, name, namespace)
      return object === undefined ? fail(request, notFound(type, name)) : this.#show(request, type, target, object)
    }
    if (method === 'DELETE') {
      const remove = () => this.#store.delete(type, name, namespace)
      const deleted = isDryRun(target) ? this.#store.dryRun(remove) : remove()
      return deleted.ok ? request.reply(200, deletedStatus(type, deleted.value)) : fail(request, deleted)
    }
    if (method === 'PATCH') return this.#patch(request, type, target, name)
    if (method !== 'PUT') return fail(request, apiError('method-not-allowed', `${method} is not for an object`))
    const draft = draftOf(request.body, type, target)
    if (!draft.ok) return fail(request, draft)
    const status = subresource === 'status'
    this.#write(request, type, target, () => (status ? this.#store.updateStatus(type, draft.value) : this.#store.update(type, draft.value)))
  }

  #patch(request: IncomingRequest, type: ResourceType, target: Target, name: string) {
    const write = () => this.#patcher.patch(type, target, name, request.headers['content-type'], request.body)
    const patched = isDryRun(target) ? this.#store.dryRun(write) : write()
    if (patched.ok) this.#show(request, type, target, patched.value.object, patched.value.created ? 201 : 200)
    else fail(request, patched)
  }

  #write(request: IncomingRequest, type: ResourceType, target: Target, write: () => Result<Resource>, status = 200) {
    const result = isDryRun(target) ? this.#store.dryRun(write) : write()
    if (result.ok) this.#show(request, type, target, result.value, status)
    else fail(request, result)
  }

  #show(request: IncomingRequest, type: ResourceType, target: Target, object: Resource, status = 200) {
    const table = tableRequest(request.headers.accept, target.query.includeObject)
    if (table === undefined) return request.reply(status, toWire(type, object))
    request.reply(status, tableOf(type, [object], table, object.metadata.resourceVersion, this.#world.clock.wallTime()))
  }

  #renew(name: string, body: Partial<LeaseSpec> | null): Result<Resource> {
    if (typeof body?.leaseDurationSeconds !== 'number') return apiError('bad-request', 'a lease renewal needs leaseDurationSeconds')
    return this.#store.renew(name, {
      holderIdentity: body.holderIdentity ?? name,
      leaseDurationSeconds: body.leaseDurationSeconds,
      // Kubernetes' MicroTime, which its clients take in no other form.
      renewTime: this.#world.clock.wallTime().replace('Z', '.000000Z'),
      holding: Array.isArray(body.holding) ? body.holding : [],
    })
  }
}

function isDryRun(target: Target): boolean {
  return target.query.dryRun === 'All'
}

function fail(request: IncomingRequest, { error }: Result<never> & { readonly ok: false }) {
  request.reply(error.status, statusOf(error))
}
