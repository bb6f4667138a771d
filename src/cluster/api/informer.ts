/**
 * Keeps a local copy of the objects that a selector picks: list, then watch from that revision; after a broken watch it resumes, and lists
 * again only where it cannot. While the API is away the copy stays as it was, and nobody is told anything (agents fail static).
 *
 * Nothing is ever taken for gone by absence alone: an object that a new list lacks is read by name first, so that `removed` always comes
 * with what the API says of it now.
 */
import type { Call, Timer } from '../../world/index.ts'
import type { Backoff } from './backoff.ts'
import type { ApiClient } from './client.ts'
import { keyOf, type Resource, type ResourceType, type Result, type Selector, type WatchEvent } from './objects.ts'
import { matches } from './watchers.ts'

export interface InformerHandlers<R extends Resource> {
  added?(object: R): void
  updated?(object: R, previous: R): void
  /** `left`: it exists, as given, but the selector no longer picks it. `deleted`: it is no more; as it was last. */
  removed?(object: R, how: 'left' | 'deleted', previous: R): void
  /** After the first list was delivered, and after every later one. */
  synced?(): void
}

export class Informer<R extends Resource> {
  readonly #client: ApiClient
  readonly #type: ResourceType<R>
  readonly #selector: Selector
  readonly #handlers: InformerHandlers<R>
  readonly #objects = new Map<string, R>()
  /** Reads of objects that the last list lacked. */
  readonly #checks = new Map<string, Call>()
  readonly #backoff: Backoff
  readonly #retry: Timer
  readonly #silence: Timer
  #call: Call | undefined
  /** The revision up to which the copy is true; `undefined`: list anew. */
  #revision: string | undefined
  #running = false
  synced = false

  constructor(client: ApiClient, type: ResourceType<R>, selector: Selector, handlers: InformerHandlers<R>) {
    this.#client = client
    this.#type = type
    this.#selector = selector
    this.#handlers = handlers
    this.#backoff = client.backoff()
    const { clock } = client.world
    this.#retry = clock.timer(`${type.plural} informer retry`, () => this.#go())
    this.#silence = clock.timer(`${type.plural} watch silence`, () => this.#reconnect())
  }

  /** The revision up to which the copy is true; `undefined` before the first list, and while it has to list anew. */
  get revision(): string | undefined {
    return this.#revision
  }

  get objects(): readonly R[] {
    return [...this.#objects.values()]
  }

  get(name: string, namespace?: string): R | undefined {
    return this.#objects.get(keyOf({ metadata: namespace === undefined ? { name } : { name, namespace } }))
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    this.#go()
  }

  /** Forgets what it had, without telling: whoever stops it knows. */
  stop(): void {
    this.#running = false
    this.#retry.stop()
    this.#silence.stop()
    this.#call?.cancel()
    this.#call = undefined
    for (const check of this.#checks.values()) check.cancel()
    this.#checks.clear()
    this.#objects.clear()
    this.#revision = undefined
    this.synced = false
  }

  #go(): void {
    if (this.#revision === undefined) this.#list()
    else this.#watch(this.#revision)
  }

  #again(): void {
    this.#call = undefined
    this.#silence.stop()
    this.#retry.start(this.#backoff.next())
  }

  #reconnect(): void {
    this.#call?.cancel()
    this.#again()
  }

  #list() {
    this.#call = this.#client.list(this.#type, this.#selector, (result) => {
      if (!result.ok) return this.#again()
      this.#revision = result.value.metadata.resourceVersion
      this.#replace(result.value.items)
      if (this.#running) this.#watch(this.#revision)
    })
  }

  #watch(from: string): void {
    this.#silence.start(this.#client.watchSilence)
    const ended = (result: Result<never>) => {
      if (!result.ok && result.error.code === 'gone') this.#revision = undefined
      this.#again()
    }
    this.#call = this.#client.watch(this.#type, this.#selector, from, (event) => this.#event(event), ended)
  }

  #event(event: WatchEvent<R>) {
    this.#backoff.reset()
    this.#silence.start(this.#client.watchSilence)
    this.#revision = event.object.metadata.resourceVersion
    if (event.type === 'BOOKMARK') return
    const key = keyOf(event.object)
    this.#checks.get(key)?.cancel()
    this.#checks.delete(key)
    if (event.type === 'DELETED') this.#remove(key, event.object, 'deleted')
    else if (event.type === 'LEFT') this.#remove(key, event.object, 'left')
    else this.#have(key, event.object)
  }

  #replace(items: readonly R[]): void {
    for (const check of this.#checks.values()) check.cancel()
    this.#checks.clear()
    const present = new Set(items.map(keyOf))
    for (const item of items) this.#have(keyOf(item), item)
    for (const [key, object] of [...this.#objects]) if (!present.has(key)) this.#check(key, object)
    if (!this.#running) return
    this.synced = true
    this.#handlers.synced?.()
  }

  /** The list lacks it: was it deleted, or does another value stand in its field? An API that cannot say is asked again at the next list. */
  #check(key: string, object: R): void {
    const { name, namespace } = object.metadata
    const call = this.#client.get(this.#type, name, namespace, (result) => {
      this.#checks.delete(key)
      if (result.ok && matches(result.value, this.#selector)) this.#have(key, result.value)
      else if (result.ok) this.#remove(key, result.value, 'left')
      else if (result.error.code === 'not-found') this.#remove(key, object, 'deleted')
      else {
        this.#revision = undefined
        this.#reconnect()
      }
    })
    this.#checks.set(key, call)
  }

  #have(key: string, object: R): void {
    const previous = this.#objects.get(key)
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#objects.set(key, object)
    if (previous === undefined) this.#handlers.added?.(object)
    else this.#handlers.updated?.(object, previous)
  }

  #remove(key: string, object: R, how: 'left' | 'deleted'): void {
    const previous = this.#objects.get(key)
    if (previous === undefined) return
    this.#objects.delete(key)
    this.#handlers.removed?.(object, how, previous)
  }
}
