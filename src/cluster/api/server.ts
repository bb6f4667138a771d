/**
 * Serves a store over the world's calls. Watches carry a bookmark every `bookmarkInterval`, so that a client can tell a quiet server from a
 * dead one, and the server's stack notices clients that are gone.
 *
 * Kinds that controllers write are held back until `openGate`: a store that starts anew is empty of them, and an agent that read it then
 * would take its own floating IP for withdrawn.
 */
import type { Micros } from '../../model/index.ts'
import type { Endpoint, IncomingRequest, Listener, MessageStream, Timer, World } from '../../world/index.ts'
import { LEASE, type LeaseSpec } from './kinds.ts'
import { apiError, apiVersionOf, type Draft, type Resource, type ResourceType, type Result, type Selector } from './objects.ts'
import { parseFieldSelector, parsePath, type Target } from './paths.ts'
import type { Store } from './store.ts'

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
  readonly #streams = new Set<{ readonly stream: MessageStream; readonly stop: () => void }>()
  #listener: Listener | undefined
  #waiting: IncomingRequest[] = []
  #open: boolean

  constructor(world: World, store: Store, options: ApiServerOptions) {
    this.#world = world
    this.#store = store
    this.#options = options
    for (const type of options.types) this.#types.set(`${apiVersionOf(type)}/${type.plural}`, type)
    this.#open = (options.gated ?? []).length === 0
    this.#bookmarks = world.clock.timer('api bookmarks', () => this.#sendBookmarks())
  }

  get serving(): boolean {
    return this.#listener !== undefined
  }

  /** `sink` hears once whether it listens; a text says why not. */
  start(sink: (problem?: string) => void = () => {}): void {
    if (this.#listener !== undefined) return
    this.#listener = this.#world.calls.serve(this.#options.listen, (event) => {
      if (event.type === 'request') this.#handle(event.request)
      else if (event.type === 'listening') sink()
      else sink(`${event.reason}: ${event.detail}`)
    })
    this.#bookmarks.start(this.#options.bookmarkInterval)
  }

  /** Stops listening and ends every watch; the store keeps what it has. */
  stop(): void {
    this.#listener?.close()
    this.#listener = undefined
    this.#bookmarks.stop()
    for (const { stream, stop } of this.#streams) {
      stop()
      stream.end()
    }
    this.#streams.clear()
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
    if (target === undefined || type === undefined) return answer(request, apiError('not-found', `no such resource: ${request.path}`))
    if (!this.#open && request.method === 'GET' && this.#options.gated?.includes(type)) {
      this.#waiting.push(request)
      return
    }
    if (target.name === undefined) this.#collection(request, type, target)
    else this.#object(request, type, target, target.name)
  }

  #collection(request: IncomingRequest, type: ResourceType, target: Target) {
    if (request.method === 'POST') {
      const draft = draftOf(request.body, type, target)
      return answer(request, draft.ok ? this.#store.create(type, draft.value) : draft, 201)
    }
    if (request.method !== 'GET') return answer(request, apiError('method-not-allowed', `${request.method} on a collection`))
    const selector = selectorOf(target)
    if (!selector.ok) return answer(request, selector)
    if (target.query.watch === '1' || target.query.watch === 'true') return this.#watch(request, type, selector.value, target)
    const { items, resourceVersion } = this.#store.list(type, selector.value)
    request.reply(200, { apiVersion: apiVersionOf(type), kind: `${type.kind}List`, metadata: { resourceVersion }, items })
  }

  #object(request: IncomingRequest, type: ResourceType, target: Target, name: string) {
    const { method } = request
    const { namespace, subresource } = target
    if (method === 'PUT' && subresource === 'renew' && type === LEASE)
      return answer(request, this.#renew(name, request.body as Partial<LeaseSpec> | null))
    if (subresource !== undefined && subresource !== 'status')
      return answer(request, apiError('not-found', `${type.plural} has no subresource ${subresource}`))
    if (method === 'GET') {
      const object = this.#store.get(type, name, namespace)
      return answer(request, object === undefined ? apiError('not-found', `${type.plural} ${name} not found`) : { ok: true, value: object })
    }
    if (method === 'DELETE') return answer(request, this.#store.delete(type, name, namespace))
    if (method !== 'PUT') return answer(request, apiError('method-not-allowed', `${method} on an object`))
    const draft = draftOf(request.body, type, target)
    if (!draft.ok) return answer(request, draft)
    answer(request, subresource === 'status' ? this.#store.updateStatus(type, draft.value) : this.#store.update(type, draft.value))
  }

  #renew(name: string, body: Partial<LeaseSpec> | null): Result<Resource> {
    if (typeof body?.leaseDurationSeconds !== 'number') return apiError('invalid', 'a lease renewal needs leaseDurationSeconds')
    return this.#store.renew(name, {
      holderIdentity: body.holderIdentity ?? name,
      leaseDurationSeconds: body.leaseDurationSeconds,
      renewTime: this.#world.clock.wallTime(),
      holding: Array.isArray(body.holding) ? body.holding : [],
    })
  }

  #watch(request: IncomingRequest, type: ResourceType, selector: Selector, target: Target) {
    let stream: MessageStream | undefined
    const watch = this.#store.watch(type, selector, target.query.resourceVersion, (event) => stream?.send(event))
    if (!watch.ok) return answer(request, watch)
    const entry = { stop: watch.value.stop } as { stop: () => void; stream: MessageStream }
    stream = request.stream(() => {
      watch.value.stop()
      this.#streams.delete(entry)
    })
    entry.stream = stream
    this.#streams.add(entry)
  }

  #sendBookmarks(): void {
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: this.#store.revision } } }
    // Behind the deliveries of every write so far: a client that resumed from a bookmark ahead of them would miss them.
    this.#store.afterDeliveries(() => {
      for (const { stream } of [...this.#streams]) stream.send(bookmark)
    })
    this.#bookmarks.start(this.#options.bookmarkInterval)
  }
}

function answer(request: IncomingRequest, result: Result<Resource>, status = 200) {
  if (result.ok) return request.reply(status, result.value)
  const { error } = result
  request.reply(error.status, {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    reason: error.code,
    message: error.message,
    code: error.status,
  })
}

function selectorOf(target: Target): Result<Selector> {
  const text = target.query.fieldSelector
  const field = text === undefined ? undefined : parseFieldSelector(text)
  if (text !== undefined && field === undefined)
    return apiError('invalid', `fieldSelector ${JSON.stringify(text)}: one term of the form path=value`)
  return {
    ok: true,
    value: {
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      ...(field === undefined ? {} : { field }),
    },
  }
}

function draftOf(body: unknown, type: ResourceType, target: Target): Result<Draft> {
  const draft = body as Partial<Resource> | null
  const name = draft?.metadata?.name ?? target.name
  if (typeof draft !== 'object' || draft === null || typeof name !== 'string')
    return apiError('invalid', 'the body must be an object with metadata.name')
  if (draft.kind !== undefined && draft.kind !== type.kind) return apiError('invalid', `kind ${draft.kind} sent to ${type.plural}`)
  if (target.name !== undefined && target.name !== name)
    return apiError('invalid', `metadata.name ${name} does not match the path's ${target.name}`)
  const { labels, annotations, resourceVersion } = draft.metadata ?? {}
  return {
    ok: true,
    value: {
      metadata: {
        name,
        ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
        ...(resourceVersion === undefined || resourceVersion === '' ? {} : { resourceVersion }),
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
      },
      ...(draft.spec === undefined ? {} : { spec: draft.spec }),
      ...(draft.status === undefined ? {} : { status: draft.status }),
    },
  }
}
