/**
 * A client of the API. Every attempt is a connection of its own: one that hangs (its path died, its server was cut off) is given up after the
 * time-out, and the next may take another path. The time-out is a quarter of the lease, so that a renewal has several attempts.
 */
import type { Micros, TimerProfile } from '../../model/index.ts'
import type { Call, CallEvent, CallRequest, Endpoint, World } from '../../world/index.ts'
import { Backoff } from './backoff.ts'
import { LEASE, LEASE_NAMESPACE, type LeaseSpec } from './kinds.ts'
import {
  type ApiErrorCode,
  apiError,
  type Draft,
  type Resource,
  type ResourceType,
  type Result,
  type Selector,
  type WatchEvent,
} from './objects.ts'
import { collectionPath, objectPath, selectorQuery } from './paths.ts'
import { codeOfReason } from './status.ts'

export interface ApiClientOptions {
  readonly server: Endpoint
  readonly timers: Pick<TimerProfile, 'leaseDuration' | 'leaseRenewInterval'>
  /** Bound to the node's own address, so that a floating IP that comes and goes never carries the calls. */
  readonly localAddress?: string
}

export interface ListReply<R extends Resource> {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly R[]
}

/** How an attempt ended when there was no answer: the connection's failure, in words. Told apart from the API's own errors. */
export const UNREACHABLE = 'unavailable' satisfies ApiErrorCode

export class ApiClient {
  readonly world: World
  readonly #options: ApiClientOptions
  /** Until an answer's head has come. */
  readonly timeout: Micros

  constructor(world: World, options: ApiClientOptions) {
    this.world = world
    this.#options = options
    this.timeout = Math.floor(options.timers.leaseDuration / 4)
  }

  /** Delays between attempts; the longest is as long as the time-out, so that an API that is back is found well within one lease. */
  backoff(): Backoff {
    return new Backoff(this.world.random, Math.ceil(this.timeout / 10), this.timeout)
  }

  /** Silence on a watch that is taken for a dead server: two and a half bookmarks. */
  get watchSilence(): Micros {
    return Math.ceil(this.#options.timers.leaseRenewInterval * 2.5)
  }

  get<R extends Resource>(type: ResourceType<R>, name: string, namespace: string | undefined, done: (result: Result<R>) => void): Call {
    return this.#once('GET', objectPath(type, name, namespace), undefined, done)
  }

  list<R extends Resource>(type: ResourceType<R>, selector: Selector, done: (result: Result<ListReply<R>>) => void): Call {
    return this.#once('GET', withQuery(collectionPath(type, selector.namespace), selectorQuery(selector)), undefined, done)
  }

  create<R extends Resource>(type: ResourceType<R>, draft: Draft<R>, done: (result: Result<R>) => void): Call {
    return this.#once('POST', collectionPath(type, draft.metadata.namespace), draft, done)
  }

  update<R extends Resource>(type: ResourceType<R>, draft: Draft<R>, done: (result: Result<R>) => void): Call {
    return this.#once('PUT', objectPath(type, draft.metadata.name, draft.metadata.namespace), draft, done)
  }

  updateStatus<R extends Resource>(
    type: ResourceType<R>,
    draft: Pick<Draft<R>, 'metadata' | 'status'>,
    done: (result: Result<R>) => void,
  ): Call {
    return this.#once('PUT', objectPath(type, draft.metadata.name, draft.metadata.namespace, 'status'), draft, done)
  }

  /** Answered with a `Status`, not with the object. */
  delete(type: ResourceType, name: string, namespace: string | undefined, done: (result: Result<unknown>) => void): Call {
    return this.#once('DELETE', objectPath(type, name, namespace), undefined, done)
  }

  /** The lease's own verb: makes or renews it, whatever its revision. */
  renew(node: string, lease: Omit<LeaseSpec, 'renewTime'>, done: (result: Result<Resource>) => void): Call {
    return this.#once('PUT', objectPath(LEASE, node, LEASE_NAMESPACE, 'renew'), lease, done)
  }

  /** `ended` says why when the watch is over; nothing follows it. */
  watch<R extends Resource>(
    type: ResourceType<R>,
    selector: Selector,
    from: string,
    sink: (event: WatchEvent<R>) => void,
    ended: (result: Result<never>) => void,
  ): Call {
    const query = [
      'watch=1',
      'allowWatchBookmarks=true',
      'left=1',
      `resourceVersion=${encodeURIComponent(from)}`,
      ...selectorQuery(selector),
    ]
    const path = withQuery(collectionPath(type, selector.namespace), query)
    return this.world.calls.request({ ...this.#request('GET', path), watch: true }, (event) => {
      if (event.type === 'message') sink(event.body as WatchEvent<R>)
      else if (event.type === 'ended') ended(apiError('unavailable', 'the server ended the watch'))
      else ended(resultOf<never>(event) as Result<never>)
    })
  }

  #once<T>(method: CallRequest['method'], path: string, body: unknown, done: (result: Result<T>) => void): Call {
    const request = this.#request(method, path)
    return this.world.calls.request(body === undefined ? request : { ...request, body }, (event) => done(resultOf<T>(event)))
  }

  #request(method: CallRequest['method'], path: string): CallRequest {
    const { server, localAddress } = this.#options
    return { server, method, path, timeout: this.timeout, ...(localAddress === undefined ? {} : { localAddress }) }
  }
}

function withQuery(path: string, query: readonly string[]): string {
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

function resultOf<T>(event: CallEvent): Result<T> {
  if (event.type === 'failed') return apiError(UNREACHABLE, `${event.reason}: ${event.detail}`)
  if (event.type !== 'reply') return apiError(UNREACHABLE, 'no answer came')
  if (event.status >= 200 && event.status < 300) return { ok: true, value: event.body as T }
  const status = event.body as { readonly reason?: string; readonly message?: string } | null
  return apiError(codeOfReason(status?.reason) ?? codeOf(event.status), status?.message ?? `HTTP ${event.status}`)
}

function codeOf(status: number): ApiErrorCode {
  if (status === 404) return 'not-found'
  if (status === 409) return 'conflict'
  if (status === 410) return 'gone'
  return status >= 500 ? 'unavailable' : 'invalid'
}
