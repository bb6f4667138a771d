/**
 * On which load-balancer nodes a Service stands: its VIP is local there and its rules are in the kernel, so that a flow which comes is answered.
 * A node says up to which revision it has the Services; one that has this Service as it is now, stands. One that is a next hop of its VIP already
 * goes on being one through edits, for what it has serves the VIP meanwhile; but not once it says that it has nothing at all.
 */
import { isReady, LOAD_BALANCER_NODE, NODE, type Node, type Service, type Store, SYSTEM_NAMESPACE } from '../api/index.ts'

/** A load-balancer node that is Ready and whose host does not take the Services. */
export interface Refusal {
  readonly node: string
  readonly message: string
}

export class Standing {
  /** By node address; `0`: it has nothing. */
  readonly #upTo = new Map<string, number>()
  readonly refusals: readonly Refusal[]
  /** Nodes that are Ready and that nothing is known against. */
  readonly #willing: readonly string[]

  constructor(store: Store, nodes: readonly Node[]) {
    this.refusals = nodes.flatMap((node): Refusal[] => {
      const { name } = node.metadata
      const status = store.get(LOAD_BALANCER_NODE, name, SYSTEM_NAMESPACE)?.status
      this.#upTo.set(node.spec?.address ?? '', Number(status?.servicesApplied ?? 0))
      const refused = status?.conditions.find((each) => each.type === 'ServicesApplied' && each.status === 'False')
      if (refused === undefined || !isReady(node)) return []
      return [{ node: name, message: `the host of ${name} (${node.spec?.address}) refuses the rules of Services: ${refused.message}` }]
    })
    const willing = nodes.filter((node) => isReady(node) && !this.refusals.some((each) => each.node === node.metadata.name))
    this.#willing = willing.flatMap((node) => node.spec?.address ?? [])
  }

  static of(store: Store): Standing {
    return new Standing(
      store,
      store.list(NODE).items.filter((node) => node.spec?.loadBalancer),
    )
  }

  /** Whether some node is still to be expected beside these. */
  more(stands: readonly string[]): boolean {
    return this.#willing.some((address) => !stands.includes(address))
  }

  /** `nextHops`: of this Service's VIP now. */
  nodesOf({ metadata }: Service, nextHops: readonly string[]): string[] {
    const revision = Number(metadata.resourceVersion)
    return [...this.#upTo]
      .filter(([address, upTo]) => upTo >= revision || (upTo > 0 && nextHops.includes(address)))
      .map(([address]) => address)
  }
}
