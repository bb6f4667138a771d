/**
 * The floating-IP controller: leases in, `Ready` conditions and FloatingIP status out. The gateway's document says which floating IPs there
 * are (an edit is followed, R30), the lease monitor who is alive, the placement policy who holds what.
 */
import type { World } from '../../world/index.ts'
import {
  FLOATING_IP,
  type FloatingIP,
  type FloatingIPStatus,
  isReady,
  LEASE,
  LEASE_NAMESPACE,
  NETWORK_GATEWAY,
  NODE,
  type Node,
  POD,
  type Store,
  SYSTEM_NAMESPACE,
  speakerPod,
} from '../api/index.ts'
import { ownersDocument } from '../controllers/documents.ts'
import { EventRecorder } from '../controllers/events.ts'
import { Reconciler, written } from '../controllers/reconciler.ts'
import { readEditedGateway } from '../resources/index.ts'
import { LeaseMonitor, type LeaseMonitorOptions } from './lease-monitor.ts'
import { type Assignment, type NodeHealth, type PlacementNode, placement } from './placement.ts'
import { judgedPod } from './speaker-pods.ts'

export interface FloatingIpControllerOptions extends LeaseMonitorOptions {
  readonly initialPlacement: Readonly<Record<string, string>>
}

export class FloatingIpController {
  readonly #world: World
  readonly #store: Store
  readonly #options: FloatingIpControllerOptions
  readonly #events: EventRecorder
  readonly #reconciler: Reconciler
  readonly monitor: LeaseMonitor
  readonly #settled: () => void
  #said = false

  /** `settled` is called once: every node was heard from or judged, and every floating IP has its place (or none to have). */
  constructor(world: World, store: Store, options: FloatingIpControllerOptions, settled: () => void = () => {}) {
    this.#world = world
    this.#store = store
    this.#options = options
    this.#settled = settled
    this.#events = new EventRecorder(world.clock, store, 'floating-ips')
    this.#reconciler = new Reconciler(world.clock, () => this.#reconcile())
    this.monitor = new LeaseMonitor(world.clock, options, {
      changed: (node, health, reason) => this.#nodeChanged(node, health, reason),
      said: (level, message) => {
        world.events.emit({ type: 'log', device: world.name, level, message: `floating IPs: ${message}` })
        const gateway = ownersDocument(store, NETWORK_GATEWAY)
        if (gateway !== undefined) this.#events.tell(gateway, level === 'warning' ? 'Warning' : 'Normal', 'Leases', message)
        // What waited while nothing was moved has its turn once that is over.
        this.#reconciler.wake()
      },
    })
  }

  start(): void {
    for (const node of this.#store.list(NODE).items) this.#watchNode(node)
    this.#reconciler.follow(this.#store, LEASE, (lease, deleted) => {
      if (!deleted) this.monitor.renewed(lease.metadata.name)
    })
    this.#reconciler.follow(this.#store, NODE, (node, deleted) => {
      if (deleted) this.monitor.remove(node.metadata.name)
      else this.#watchNode(node)
    })
    this.#reconciler.start(this.#store, [NETWORK_GATEWAY, FLOATING_IP, NODE])
  }

  stop(): void {
    this.#reconciler.stop()
    this.monitor.stop()
  }

  #watchNode(node: Node) {
    const known = node.status?.conditions.some((each) => each.type === 'Ready')
    this.monitor.add(node.metadata.name, known ? (isReady(node) ? 'ready' : 'not-ready') : 'unknown')
  }

  #nodeChanged(name: string, health: NodeHealth, reason: string) {
    const node = this.#store.get(NODE, name)
    if (node === undefined) return
    const ready = health === 'ready'
    const condition = {
      type: 'Ready',
      status: ready ? ('True' as const) : ('False' as const),
      reason: ready ? 'LeaseRenewed' : 'LeaseExpired',
      message: reason,
      lastTransitionTime: this.#world.clock.wallTime(),
      lastHeartbeatTime: this.#world.clock.wallTime(),
    }
    const { addresses } = node.status ?? {}
    const status = { conditions: [condition], ...(addresses === undefined ? {} : { addresses }) }
    written(this.#store.updateStatus(NODE, { metadata: { name }, status }))
    this.#judgePod(name, ready)
    this.#events.tell(node, ready ? 'Normal' : 'Warning', ready ? 'NodeReady' : 'NodeNotReady', reason)
    this.#world.events.emit({ type: 'node-ready', node: name, ready, reason })
    this.#reconciler.wake()
  }

  /** Of a control-plane node: its speaker is as ready as the node. */
  #judgePod(node: string, ready: boolean) {
    const { metadata } = speakerPod(node)
    const pod = this.#store.get(POD, metadata.name, SYSTEM_NAMESPACE)
    const status = pod && judgedPod(pod, ready, this.#world.clock.wallTime())
    if (status !== undefined)
      written(this.#store.updateStatus(POD, { metadata: { name: metadata.name, namespace: SYSTEM_NAMESPACE }, status }))
  }

  #reconcile() {
    this.#followDocument()
    if (this.monitor.frozen) return
    const floatingIPs = this.#store.list(FLOATING_IP).items
    const byAddress = new Map(floatingIPs.map((each) => [each.metadata.name, each]))
    const assignments = placement({
      nodes: this.#store.list(NODE).items.map((node) => this.#placementNode(node)),
      floatingIPs: floatingIPs.map(({ metadata, status }) => ({
        address: metadata.name,
        placed: status !== undefined,
        ...(status?.nodeName === undefined ? {} : { holder: status.nodeName }),
      })),
      initialPlacement: this.#options.initialPlacement,
    })
    for (const assignment of assignments) this.#write(byAddress.get(assignment.address)!, assignment)
    if (this.#said || !this.monitor.settled) return
    this.#said = true
    this.#settled()
  }

  #placementNode(node: Node): PlacementNode {
    const { name } = node.metadata
    const lease = this.#store.get(LEASE, name, LEASE_NAMESPACE)
    return { name, subnet: node.spec?.subnet ?? '', health: this.monitor.health(name), holding: lease?.spec?.holding ?? [] }
  }

  #write(floatingIP: FloatingIP, assignment: Assignment) {
    if ('pending' in assignment) return
    const { status } = floatingIP
    const { address, node, reason } = assignment
    if (status !== undefined && status.nodeName === node && (node !== undefined || status.reason === reason)) return
    const moved = status?.nodeName !== node || status === undefined
    const next: FloatingIPStatus = {
      phase: node === undefined ? 'Unassigned' : 'Assigned',
      since: moved ? this.#world.clock.wallTime() : status.since,
      reason,
      ...(node === undefined ? {} : { nodeName: node }),
    }
    written(this.#store.updateStatus(FLOATING_IP, { metadata: { name: address, namespace: SYSTEM_NAMESPACE }, status: next }))
    this.#tell(floatingIP, assignment)
    this.#world.events.emit({
      type: 'floating-ip',
      address,
      reason,
      ...(node === undefined ? {} : { node }),
      ...(status?.nodeName === undefined ? {} : { previous: status.nodeName }),
    })
  }

  #tell(floatingIP: FloatingIP, { node, reason }: { readonly node?: string | undefined; readonly reason: string }) {
    const previous = floatingIP.status?.nodeName
    if (node === undefined) this.#events.tell(floatingIP, 'Warning', 'Unassigned', reason)
    else if (previous === undefined) this.#events.tell(floatingIP, 'Normal', 'Assigned', `${node}: ${reason}`)
    else this.#events.tell(floatingIP, 'Warning', 'Moved', `${previous} → ${node}: ${reason}`)
  }

  /** One FloatingIP for each address of the gateway's document, and none besides. */
  #followDocument() {
    const gateway = ownersDocument(this.#store, NETWORK_GATEWAY)
    const wanted = gateway === undefined ? [] : readEditedGateway(gateway).value?.floatingIPs
    if (wanted === undefined) return
    for (const floatingIP of this.#store.list(FLOATING_IP).items) {
      const { name, namespace } = floatingIP.metadata
      if (wanted.includes(name) && namespace === SYSTEM_NAMESPACE) continue
      written(this.#store.delete(FLOATING_IP, name, namespace))
      this.#events.tell(floatingIP, 'Normal', 'Removed', 'the gateway no longer lists it')
    }
    for (const address of wanted) {
      if (this.#store.get(FLOATING_IP, address, SYSTEM_NAMESPACE) === undefined)
        written(this.#store.create(FLOATING_IP, { metadata: { name: address, namespace: SYSTEM_NAMESPACE }, spec: { address } }))
    }
  }
}
