/**
 * A Service's backends as Kubernetes' clients look for them: Endpoints and an EndpointSlice of each Service, derived from it and from nothing else.
 * Nobody else writes them; what somebody took away is put back.
 */
import type { Clock } from '../../world/index.ts'
import {
  type Draft,
  ENDPOINT_SLICE,
  ENDPOINTS,
  type EndpointSlice,
  type Endpoints,
  type ResourceType,
  SERVICE,
  type Service,
  type Store,
} from '../api/index.ts'
import { Reconciler, written } from './reconciler.ts'

export class SlicesController {
  readonly #store: Store
  readonly #reconciler: Reconciler

  constructor(clock: Clock, store: Store) {
    this.#store = store
    this.#reconciler = new Reconciler(clock, () => this.#reconcile())
  }

  start(): void {
    this.#reconciler.start(this.#store, [SERVICE, ENDPOINTS, ENDPOINT_SLICE])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #reconcile() {
    const services = this.#store.list(SERVICE).items
    this.#write(ENDPOINTS, services.map(endpointsOf))
    this.#write(ENDPOINT_SLICE, services.map(sliceOf))
  }

  /** Exactly these. */
  #write<R extends Endpoints | EndpointSlice>(type: ResourceType<R>, drafts: readonly Draft<R>[]) {
    const wanted = new Set(drafts.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`))
    for (const { metadata } of this.#store.list(type).items)
      if (!wanted.has(`${metadata.namespace}/${metadata.name}`)) written(this.#store.delete(type, metadata.name, metadata.namespace))
    for (const draft of drafts) written(this.#store.upsert(type, draft))
  }
}

/** All that it lists, and those of them that take flows now. */
function backendsOf({ spec, status }: Service): { readonly ready: readonly string[]; readonly notReady: readonly string[] } {
  const listed = spec?.endpoints ?? []
  const ready = listed.filter((address) => status?.endpoints?.includes(address) ?? true)
  return { ready, notReady: listed.filter((address) => !ready.includes(address)) }
}

function portsOf({ spec }: Service) {
  return (spec?.ports ?? []).map(({ name, protocol = 'TCP', port, targetPort = port }) => ({
    ...(name === undefined ? {} : { name }),
    port: targetPort,
    protocol,
  }))
}

function endpointsOf(service: Service): Draft<Endpoints> {
  const { name, namespace = 'default' } = service.metadata
  const { ready, notReady } = backendsOf(service)
  const ips = (addresses: readonly string[]) => addresses.map((ip) => ({ ip }))
  const subset = {
    ...(ready.length === 0 ? {} : { addresses: ips(ready) }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: ips(notReady) }),
    ports: portsOf(service),
  }
  return { metadata: { name, namespace }, spec: { subsets: ready.length + notReady.length === 0 ? [] : [subset] } }
}

function sliceOf(service: Service): Draft<EndpointSlice> {
  const { name, namespace = 'default' } = service.metadata
  const { ready, notReady } = backendsOf(service)
  // Kubernetes always sets a slice's port name, "" where the Service's has none, and kubectl reads it without asking whether it is there.
  const ports = portsOf(service).map((port) => ({ name: '', ...port }))
  const endpoint = (isReady: boolean) => (address: string) => ({ addresses: [address], conditions: { ready: isReady } })
  return {
    // The label is what its clients choose it by.
    metadata: { name: `${name}-ipv4`, namespace, labels: { 'kubernetes.io/service-name': name } },
    spec: { addressType: 'IPv4', endpoints: [...ready.map(endpoint(true)), ...notReady.map(endpoint(false))], ports },
  }
}
