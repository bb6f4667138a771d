import type { SessionOutcome } from '../../src/cluster/preflight/index.ts'
import type { Rehearsal, RehearsedSession } from '../../src/engine/lab.ts'
import type { Plan } from '../../src/topology/plan.ts'
import { FakeLab, fib, smallPlan } from '../scenario/fake-lab.ts'

export const VIP = '10.0.0.8'
const UP: SessionOutcome = { state: 'Established', upAfter: 1_000, failures: [], notifications: [] }

/** A lab whose nodes rehearse on a perfect network: what is announced is in the peer's table at once, and what is sent arrives there. */
export class RehearsingLab extends FakeLab {
  /** `node peer`, in the order of announcing, while they announce. */
  readonly announcing = new Set<string>()
  readonly open = new Set<string>()
  readonly holding = new Set<string>()
  /** Everything that was asked, in order. */
  readonly calledFor: string[] = []
  /** Sessions that fail, by `node peer`. */
  readonly broken: Record<string, SessionOutcome> = {}
  /** Senders whose datagrams never arrive. */
  readonly cutOff = new Set<string>()
  /** Called at each request. */
  onAsk: (what: string) => void = () => {}
  readonly #arrived = new Map<string, Record<string, number>>()

  constructor() {
    super(preflightPlan())
    this.rehearsal = this.#rehearsal()
  }

  #ask(what: string): void {
    this.calledFor.push(what)
    this.onAsk(what)
  }

  #announced(): void {
    const hops = [...this.announcing].filter((each) => each.endsWith(' 10.8.0.10')).map((each) => this.#address(each))
    const paths = hops.map((nextHop, index) => ({
      nextHop,
      from: nextHop,
      asPath: [65001],
      valid: true,
      best: index === 0,
      multipath: true,
    }))
    this.emit({ type: 'route', device: 'tor1', route: { device: 'tor1', prefix: `${VIP}/32`, paths }, uncertainty: 0 })
    this.emit({ type: 'fib', device: 'tor1', route: fib('tor1', `${VIP}/32`, hops) })
  }

  #address(key: string): string {
    return this.plan.nodes.find((node) => key.startsWith(`${node.name} `))!.address
  }

  #rehearsal(): Rehearsal {
    const outcome = (node: string, peer: string) => this.broken[`${node} ${peer}`] ?? UP
    return {
      open: async (node: string, { peerIP }: RehearsedSession) => {
        this.#ask(`open ${node} ${peerIP}`)
        this.open.add(`${node} ${peerIP}`)
        return outcome(node, peerIP)
      },
      announce: async (node, peer, prefix) => {
        this.#ask(`${prefix === undefined ? 'withdraw' : 'announce'} ${node} ${peer}`)
        if (prefix === undefined) this.announcing.delete(`${node} ${peer}`)
        else this.announcing.add(`${node} ${peer}`)
        this.#announced()
        return { sent: true, outcome: outcome(node, peer) }
      },
      outcome: async (node, peer) => outcome(node, peer),
      close: async (node, peer) => {
        this.#ask(`close ${node} ${peer}`)
        this.open.delete(`${node} ${peer}`)
        this.announcing.delete(`${node} ${peer}`)
        return outcome(node, peer)
      },
      look: async (node) => {
        this.#ask(`look ${node}`)
        return { routed: true, ping: true, knock: { outcome: 'timeout', icmpUnreachable: 0 } }
      },
      hold: async (node) => {
        this.#ask(`hold ${node}`)
        this.holding.add(node)
        this.#arrived.set(node, {})
      },
      arrived: async (node) => this.#arrived.get(node) ?? {},
      release: async (node) => {
        this.#ask(`release ${node}`)
        this.holding.delete(node)
      },
      send: async (device, { token, flows }) => {
        this.#ask(`send ${device}`)
        if (this.cutOff.has(device)) return { sent: 5, answered: 0, heldHere: false }
        const [to] = this.announcing
        if (to !== undefined) this.#arrived.get(to.split(' ')[0]!)![token] = 1
        return { sent: flows, answered: flows, after: 500, heldHere: false }
      },
    }
  }
}

/** node-01 and node-04 are control plane; both peer with tor1, node-01 also with tor2. */
function preflightPlan(): Plan {
  const plan = smallPlan()
  const loopbacks: Record<string, string> = { tor1: '10.8.0.10/32', tor2: '10.8.0.11/32' }
  const nodes = plan.nodes.map(({ name, address }) => ({ name, address, controlPlane: false, loadBalancer: false }))
  const model = {
    cpVip: VIP,
    localAsn: 65001,
    nodes,
    cpNodes: ['10.0.1.10', '10.0.1.20'],
    cpPeers: [
      { ip: '10.8.0.10', asn: 65002 },
      { ip: '10.8.0.11', asn: 65002, controlPlaneNodes: ['10.0.1.10'] },
    ],
  }
  return {
    ...plan,
    routers: plan.routers.map((router) => ({
      ...router,
      loopbacks: loopbacks[router.name] === undefined ? [] : [loopbacks[router.name]!],
    })),
    cluster: { ...plan.cluster, model: model as unknown as Plan['cluster']['model'] },
  }
}
