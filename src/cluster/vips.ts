/** Services' addresses from the pools (R27). Pure. */

import { inRange } from '../model/index.ts'
import { formatIpv4, ipv4, parseIpv4 } from '../net/index.ts'
import type { ClusterModel } from './resources/model.ts'

export interface VipRequest {
  readonly namespace: string
  readonly name: string
  /** `spec.loadBalancerIP`: this address or none. */
  readonly loadBalancerIP?: string | undefined
  /** What it has now; it is kept while it is still right. */
  readonly current?: string | undefined
}

export interface VipAssignment {
  readonly namespace: string
  readonly name: string
  readonly vip: string
  readonly pool: string
}

export interface VipRefusal {
  readonly namespace: string
  readonly name: string
  readonly code: 'pools-exhausted' | 'vip-taken' | 'vip-outside-pools' | 'vip-reserved' | 'bad-address'
  readonly message: string
}

/** The one Service that `ingressVIP` is kept for. */
export const INGRESS = { namespace: 'gke-system', name: 'istio-ingress' } as const

/**
 * Who has an address that is still right keeps it: a VIP that takes traffic does not move because somebody else asks for it by name. Then what is
 * fixed, then the rest in the order given, each the first free address of the pools.
 */
export function assignVips(
  model: Pick<ClusterModel, 'pools' | 'cpVip' | 'ingressVip'>,
  services: readonly VipRequest[],
): { readonly assigned: readonly VipAssignment[]; readonly refused: readonly VipRefusal[] } {
  const holders = new Map<number, VipRequest>()
  const refused = new Map<VipRequest, Pick<VipRefusal, 'code' | 'message'>>()
  const given = new Map<VipRequest, number>()
  const cpVip = ipv4(model.cpVip)
  const ingressVip = model.ingressVip === undefined ? undefined : ipv4(model.ingressVip)
  const poolOf = (address: number) => model.pools.find((pool) => pool.ranges.some((range) => inRange(range, address)))
  const isReserved = (address: number, service: VipRequest) => address === cpVip || (address === ingressVip && !isIngress(service))
  const take = (service: VipRequest, address: number) => {
    holders.set(address, service)
    given.set(service, address)
  }

  for (const service of services) {
    const { current } = service
    const address = current === undefined ? undefined : parseIpv4(current)
    if (address === undefined || isReserved(address, service) || poolOf(address) === undefined || holders.has(address)) continue
    const wanted = fixedFor(service, model.ingressVip)
    if (wanted === undefined || parseIpv4(wanted) === address) take(service, address)
  }
  for (const service of services) {
    const wanted = fixedFor(service, model.ingressVip)
    if (wanted === undefined || given.has(service)) continue
    const address = parseIpv4(wanted)
    const who = `Service ${service.namespace}/${service.name}`
    if (address === undefined)
      refused.set(service, { code: 'bad-address', message: `${who} wants ${wanted}, which is not an IPv4 address (R7)` })
    else if (isReserved(address, service)) {
      const owner = address === cpVip ? 'the control plane' : `${INGRESS.namespace}/${INGRESS.name}`
      refused.set(service, { code: 'vip-reserved', message: `${who} wants ${wanted}, which is kept for ${owner} (R27)` })
    } else if (poolOf(address) === undefined) {
      refused.set(service, { code: 'vip-outside-pools', message: `${who} wants ${wanted}, which lies in no address pool (R27)` })
    } else if (holders.has(address)) {
      const holder = holders.get(address)!
      refused.set(service, { code: 'vip-taken', message: `${who} wants ${wanted}, which ${holder.namespace}/${holder.name} has` })
    } else take(service, address)
  }
  const free = freeAddresses(model, (address) => holders.has(address) || address === cpVip || address === ingressVip)
  for (const service of services) {
    if (given.has(service) || fixedFor(service, model.ingressVip) !== undefined) continue
    const next = free.next()
    if (next.done) {
      const message = `Service ${service.namespace}/${service.name} gets no address: every address of ${poolNames(model)} is in use`
      refused.set(service, { code: 'pools-exhausted', message })
    } else take(service, next.value)
  }
  return {
    assigned: services.flatMap((service) => {
      const address = given.get(service)
      if (address === undefined) return []
      const { namespace, name } = service
      return [{ namespace, name, vip: formatIpv4(address), pool: poolOf(address)?.name ?? '' }]
    }),
    refused: services.flatMap((service) => {
      const reason = refused.get(service)
      return reason ? [{ namespace: service.namespace, name: service.name, ...reason }] : []
    }),
  }
}

export function isIngress({ namespace, name }: { readonly namespace?: string; readonly name: string }): boolean {
  return namespace === INGRESS.namespace && name === INGRESS.name
}

function fixedFor(service: VipRequest, ingressVip: string | undefined): string | undefined {
  return isIngress(service) ? (service.loadBalancerIP ?? ingressVip) : service.loadBalancerIP
}

function* freeAddresses(model: Pick<ClusterModel, 'pools'>, used: (address: number) => boolean): Generator<number, void> {
  for (const pool of model.pools) {
    for (const { first, last } of pool.ranges) {
      for (let at = first >>> 0; at <= last >>> 0; at++) if (!used(at | 0)) yield at | 0
    }
  }
}

function poolNames(model: Pick<ClusterModel, 'pools'>): string {
  return model.pools.length === 0 ? 'no pool' : model.pools.map((pool) => pool.name).join(', ')
}
