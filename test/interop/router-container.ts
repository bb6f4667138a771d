/**
 * One router in one container, by testcontainers: our router program as its main process, bundled from these sources, and peers in a
 * network namespace of their own inside the same container, behind one veth pair. On no network at all.
 *
 *     router 10.0.1.2/24 rack0 ─── peers0 10.0.1.100, .101, .102     lo 10.8.0.10/32
 */

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { StartedTestContainer } from 'testcontainers'
import { thisOwner } from '../../src/engine/docker/owner.ts'
import { LABELS, NODE_IN_IMAGE, type ProgramOutput } from '../../src/engine/docker/protocol.ts'
import { routerDriver } from '../../src/engine/docker/routers/index.ts'
import { type LabEvent, TIMER_PROFILES } from '../../src/model/index.ts'
import type { RouterKind, RouterPlan } from '../../src/topology/plan.ts'
import { neighbor } from '../engine/docker/routers/support.ts'
import { bundle, DaemonContainer, imageOf } from './container.ts'
import type { PeerCommand } from './peer-program.ts'

export { neighbor }

export const ROUTER_ADDRESS = '10.8.0.10'
export const PEERS = ['10.0.1.100', '10.0.1.101', '10.0.1.102'] as const

const ROUTER_PROGRAM = '/run/router.js'
const PEER_PROGRAM = '/run/peer.js'

const WIRING = `set -e
ip link set lo up
ip link add rack0 type veth peer name peers0
ip addr add 10.0.1.2/24 dev rack0
ip addr add ${ROUTER_ADDRESS}/32 dev lo
unshare --net sleep infinity </dev/null >/dev/null 2>&1 &
echo $! > /run/peers.pid
sleep 0.2
ip link set peers0 netns $(cat /run/peers.pid)
nsenter -t $(cat /run/peers.pid) -n sh -c '
  ip link set lo up; ip link set peers0 up
  for a in ${PEERS.join(' ')} 10.0.1.11 10.0.1.12 10.0.1.13; do ip addr add $a/24 dev peers0; done
  ip route add ${ROUTER_ADDRESS}/32 via 10.0.1.2'
ip link set rack0 up
`

/** Asks whoever listens on a socket one line, and prints the answer. */
const ASK = `const s=require('net').connect(process.argv[1]);let b='';s.on('data',d=>{b+=d;if(b.includes('\\n')){process.stdout.write(b);process.exit()}});s.on('error',e=>{console.log(JSON.stringify({error:e.message}));process.exit()});s.write(process.argv[2]+'\\n')`

/** testcontainers has no word for sysctls and for an open standard input. */
class RouterImage extends DaemonContainer {
  constructor(image: string) {
    super(image)
    this.hostConfig.Sysctls = {
      'net.ipv4.ip_forward': '1',
      'net.ipv4.conf.all.rp_filter': '0',
      'net.ipv4.conf.default.rp_filter': '0',
      // Without it the router's own MAC answers for the virtual address (docs/routers.md).
      'net.ipv4.conf.all.arp_ignore': '1',
      'net.ipv4.conf.all.arp_announce': '2',
      'net.ipv4.fib_multipath_hash_policy': '1',
    }
    this.createOpts.OpenStdin = true
  }
}

export function routerPlan(kind: RouterKind, more: Partial<RouterPlan> = {}): RouterPlan {
  return {
    name: 'tor1',
    kind,
    asn: 65002,
    routerId: ROUTER_ADDRESS,
    interfaces: [],
    loopbacks: [`${ROUTER_ADDRESS}/32`],
    routes: [],
    sysctls: {},
    neighbors: PEERS.slice(0, 2).map((address) => neighbor(address)),
    networks: ['10.0.1.0/24'],
    maximumPaths: 8,
    vrrp: [],
    ...more,
  }
}

export class RouterContainer {
  readonly plan: RouterPlan
  readonly events: LabEvent[] = []
  readonly #container: StartedTestContainer
  readonly #listeners = new Set<() => void>()
  #id = 0

  private constructor(plan: RouterPlan, container: StartedTestContainer, output: Promise<Readable>) {
    this.plan = plan
    this.#container = container
    void output.then((stream) =>
      createInterface({ input: stream }).on('line', (line) => {
        if (!line.startsWith('{')) return
        const record = JSON.parse(line) as ProgramOutput
        if (record.type === 'reply') return
        this.events.push(record)
        for (const listener of [...this.#listeners]) listener()
      }),
    )
  }

  /** The container is up and wired; the daemons are not started. `image` takes the place of the kind's own. */
  static async create(plan: RouterPlan, image?: string): Promise<RouterContainer> {
    const driver = routerDriver(plan.kind)
    const output = Promise.withResolvers<Readable>()
    const container = await new RouterImage(image ?? (await imageOf(driver.image)))
      .withAddedCapabilities(...driver.capabilities)
      .withLabels({
        [LABELS.project]: 'interop',
        [LABELS.lab]: `interop-${plan.kind}-${process.pid}`,
        [LABELS.device]: plan.name,
        [LABELS.owner]: thisOwner(),
      })
      .withCopyContentToContainer([
        { content: await bundle('../../src/engine/docker/programs/router.ts'), target: ROUTER_PROGRAM },
        { content: await bundle('./peer-program.ts'), target: PEER_PROGRAM },
      ])
      .withCommand([NODE_IN_IMAGE, '--input-type=module', '--eval', `await import('${ROUTER_PROGRAM}')`])
      .withLogConsumer(output.resolve)
      .start()
    const router = new RouterContainer(plan, container, output.promise)
    await router.sh(WIRING)
    return router
  }

  /** Container, wires and daemons. */
  static async start(plan: RouterPlan): Promise<RouterContainer> {
    const router = await RouterContainer.create(plan)
    try {
      await router.startDaemons()
      return router
    } catch (error) {
      await router.stop()
      throw error
    }
  }

  startDaemons(): Promise<unknown> {
    const timers = TIMER_PROFILES.fast
    return this.ask('start', { plan: this.plan, timers, files: routerDriver(this.plan.kind).render(this.plan, timers) })
  }

  /** Sends a request to the router program; its result, or its error thrown. */
  async ask<T>(op: string, args?: unknown): Promise<T> {
    this.#id++
    return (await this.#askSocket('/run/peerlab.sock', { id: this.#id, op, args })) as T
  }

  /** Starts a peer of ours at one of `PEERS`. */
  async startPeer(address: string, mode: 'add-path' | 'no-add-path' = 'add-path'): Promise<void> {
    const command = `${NODE_IN_IMAGE} ${PEER_PROGRAM} ${address} ${ROUTER_ADDRESS} /run/${address}.sock ${mode}`
    await this.sh(`nsenter -t $(cat /run/peers.pid) -n ${command} </dev/null >/run/${address}.log 2>&1 &
      while [ ! -S /run/${address}.sock ]; do sleep 0.05; done`)
  }

  async tellPeer(address: string, command: PeerCommand): Promise<void> {
    await this.#askSocket(`/run/${address}.sock`, command)
  }

  /** Runs a script in the container; its output, or an error with it. */
  async sh(script: string): Promise<string> {
    const { exitCode, output } = await this.#container.exec(['sh', '-c', script])
    if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${output}`)
    return output
  }

  /** The same in the peers' namespace. */
  peersSh(script: string): Promise<string> {
    return this.sh(`nsenter -t $(cat /run/peers.pid) -n sh -c '${script}'`)
  }

  /** The first event after number `from` that `match` takes, once it comes. */
  async event(what: string, match: (event: LabEvent) => boolean, options: { from?: number; seconds?: number } = {}): Promise<LabEvent> {
    const { from = 0, seconds = 15 } = options
    const found = Promise.withResolvers<LabEvent>()
    const look = () => {
      const event = this.events.slice(from).find(match)
      if (event !== undefined) found.resolve(event)
    }
    const timer = setTimeout(
      () =>
        found.reject(
          new Error(
            `not within ${seconds} s: ${what}; seen:\n${this.events
              .slice(from)
              .map((event) => JSON.stringify(event))
              .join('\n')}`,
          ),
        ),
      seconds * 1000,
    )
    this.#listeners.add(look)
    look()
    return found.promise.finally(() => {
      clearTimeout(timer)
      this.#listeners.delete(look)
    })
  }

  get missed(): LabEvent[] {
    return this.events.filter((event) => event.type === 'missed-event')
  }

  async stop(): Promise<void> {
    await this.#container.stop({ timeout: 0 })
  }

  async #askSocket(socket: string, message: unknown): Promise<unknown> {
    const { output } = await this.#container.exec([NODE_IN_IMAGE, '--eval', ASK, socket, JSON.stringify(message)])
    const reply = JSON.parse(output) as { result?: unknown; error?: string }
    if (reply.error !== undefined) throw new Error(reply.error)
    return reply.result
  }
}
