/** Gives Services their addresses from the cluster's pools (R27), and says on the Service which it has, or why none. */
import { ipv4 } from '../../net/index.ts'
import type { World } from '../../world/index.ts'
import { SERVICE, type Service, type ServiceStatus, type Store, vipOf } from '../api/index.ts'
import type { ClusterModel } from '../resources/index.ts'
import { assignVips } from '../vips.ts'
import { condition } from './conditions.ts'
import { EventRecorder } from './events.ts'
import { Reconciler, written } from './reconciler.ts'

const TYPE = 'AddressAssigned'
const ANY_ADDRESS = { name: '', ranges: [{ first: ipv4('0.0.0.0'), last: ipv4('255.255.255.255'), text: '' }] }

export class VipController {
  readonly #world: World
  readonly #store: Store
  readonly #model: Pick<ClusterModel, 'pools' | 'cpVip' | 'ingressVip'>
  readonly #events: EventRecorder
  readonly #reconciler: Reconciler

  constructor(world: World, store: Store, model: Pick<ClusterModel, 'pools' | 'cpVip' | 'ingressVip'>) {
    this.#world = world
    this.#store = store
    this.#model = model
    this.#events = new EventRecorder(world.clock, store, 'service-addresses')
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
  }

  start(): void {
    this.#reconciler.start(this.#store, [SERVICE])
  }

  stop(): void {
    this.#reconciler.stop()
  }

  #reconcile() {
    const services = this.#store.list(SERVICE).items
    const requests = services.map((service) => ({
      namespace: service.metadata.namespace ?? 'default',
      name: service.metadata.name,
      loadBalancerIP: service.spec?.loadBalancerIP,
      current: vipOf(service),
    }))
    const { assigned, refused } = this.#assign(requests)
    for (const [index, service] of services.entries()) {
      const { namespace, name } = requests[index]!
      const same = (each: { readonly namespace: string; readonly name: string }) => each.namespace === namespace && each.name === name
      this.#write(service, assigned.find(same)?.vip, refused.find(same)?.code, refused.find(same)?.message)
    }
  }

  /** A cluster without pools has what its owner fixed. */
  #assign(requests: Parameters<typeof assignVips>[1]): Pick<ReturnType<typeof assignVips>, 'assigned' | 'refused'> {
    if (this.#model.pools.length > 0) return assignVips(this.#model, requests)
    const [fixed, open] = [true, false].map((has) => requests.filter((each) => (each.loadBalancerIP !== undefined) === has))
    const { assigned, refused } = assignVips({ ...this.#model, pools: [ANY_ADDRESS] }, fixed!)
    const none = { code: 'pools-exhausted', message: 'the cluster has no address pool' } as const
    return { assigned, refused: [...refused, ...open!.map(({ namespace, name }) => ({ namespace, name, ...none }))] }
  }

  #write(service: Service, vip: string | undefined, code: string | undefined, message: string | undefined) {
    const said = vip === undefined ? (message ?? '') : `has ${vip}`
    const reason = vip === undefined ? pascalCase(code ?? 'none') : 'Assigned'
    const now = this.#world.clock.wallTime()
    const { conditions = [] } = service.status ?? {}
    const others = conditions.filter((each) => each.type !== TYPE)
    const status: ServiceStatus = {
      ...service.status,
      loadBalancer: vip === undefined ? {} : { ingress: [{ ip: vip }] },
      conditions: [condition(conditions, TYPE, vip !== undefined, reason, said, now), ...others],
    }
    const { name, namespace } = service.metadata
    const before = conditions.find((each) => each.type === TYPE)
    if (before?.reason === reason && before.message === said && vipOf(service) === vip) return
    written(this.#store.updateStatus(SERVICE, { metadata: { name, namespace: namespace ?? 'default' }, status }))
    this.#events.tell(service, vip === undefined ? 'Warning' : 'Normal', vip === undefined ? reason : TYPE, said)
  }
}

function pascalCase(code: string): string {
  return code.replace(/(^|-)(\w)/g, (_all, _dash, letter: string) => letter.toUpperCase())
}
