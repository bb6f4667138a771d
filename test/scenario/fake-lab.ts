import type { Api, ApiRequest, Lab, Probe, Rehearsal, Shell, Traffic } from '../../src/engine/lab.ts'
import { Log } from '../../src/engine/log.ts'
import { StateView } from '../../src/engine/view.ts'
import {
  type FibRoute,
  type LabEventBody,
  type Micros,
  type Route,
  SECOND,
  type Session,
  type SessionState,
  TIMER_PROFILES,
} from '../../src/model/index.ts'
import type { Alarm } from '../../src/scenario/wait.ts'
import type { NodePlan, Plan, RouterPlan } from '../../src/topology/plan.ts'

/** A lab in memory on the real event log and view; time passes only when the test says so. */
export class FakeLab implements Lab {
  readonly id = 'shared-peers-test'
  readonly engine = 'memory'
  readonly routerVersions = { tor1: 'tor1 FRR 8.4.4', tor2: 'tor2 GoBGP 3.10.0' }
  readonly plan: Plan
  readonly view = new StateView()
  readonly events: Log
  readonly calls: string[] = []
  closed = false
  /** What a fresh read answers, where it differs from the view. */
  fresh: { fib?: FibRoute[]; routes?: Route[]; sessions?: Session[] } = {}
  failing = new Set<string>()
  probeReport = { flows: [] as Awaited<ReturnType<Probe['stop']>>['flows'] }
  #now: Micros = 100 * SECOND
  #alarms = new Set<{ at: Micros; callback: () => void }>()

  constructor(plan: Plan = smallPlan()) {
    this.plan = plan
    this.events = new Log(this.view, () => this.#now)
  }

  now(): Micros {
    return this.#now
  }

  readonly alarm: Alarm = (at, callback) => {
    const entry = { at, callback }
    this.#alarms.add(entry)
    return () => void this.#alarms.delete(entry)
  }

  /** Lets time pass, alarms in their order; whoever waits for them runs before the next. */
  async advance(length: Micros): Promise<void> {
    const end = this.#now + length
    for (;;) {
      await settle()
      const [next] = [...this.#alarms].filter((alarm) => alarm.at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#alarms.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    this.#now = end
    await settle()
  }

  emit(body: LabEventBody, at: Micros = this.#now) {
    this.events.emit(body, at)
  }

  session(device: string, peerAddress: string, state: SessionState, establishedCount = 1, at: Micros = this.#now) {
    this.emit({ type: 'session', device, session: session(device, peerAddress, state, establishedCount) }, at)
  }

  route(device: string, prefix: string, hops: readonly string[], at: Micros = this.#now, from = '10.0.1.100') {
    this.emit({ type: 'route', device, route: route(device, prefix, hops, from), uncertainty: 2_000 }, at)
  }

  fib(device: string, prefix: string, hops: readonly string[], at: Micros = this.#now) {
    this.emit({ type: 'fib', device, route: fib(device, prefix, hops) }, at)
  }

  both(device: string, prefix: string, hops: readonly string[], at: Micros = this.#now) {
    this.route(device, prefix, hops, at)
    this.fib(device, prefix, hops, at)
  }

  floatingIp(address: string, node: string | undefined, at: Micros = this.#now) {
    this.emit({ type: 'floating-ip', address, ...(node && { node }), reason: 'placed' }, at)
  }

  #act(what: string, device: string, fault: string): Promise<Micros> {
    this.calls.push(`${what} ${device}`)
    if (this.failing.has(what)) return Promise.reject(new Error(`${what} ${device} does not work`))
    this.emit({ type: 'fault', device, fault, detail: '' })
    return Promise.resolve(this.#now)
  }

  readonly power = {
    off: (device: string) => this.#act('off', device, 'power-off'),
    on: (device: string) => this.#act('on', device, 'power-on'),
  }
  readonly links = {
    down: (device: string, name: string) => this.#act('down', `${device} ${name}`, 'link-down'),
    up: (device: string, name: string) => this.#act('up', `${device} ${name}`, 'link-up'),
  }
  readonly processes = {
    kill: (device: string) => this.#act('kill', device, 'process-kill'),
    start: (device: string) => this.#act('start', device, 'process-start'),
  }
  readonly sessions = { reset: (router: string, peer: string) => this.#act('reset', `${router} ${peer}`, 'session-reset') }
  readonly tables = {
    sessions: (device: string) => Promise.resolve(this.fresh.sessions ?? this.view.sessionsOf(device)),
    routes: (device: string) => Promise.resolve(this.fresh.routes ?? this.view.routesOf(device)),
    fib: (device: string) => Promise.resolve(this.fresh.fib ?? this.view.fibOf(device)),
  }
  readonly traffic: Traffic = {
    probe: () =>
      Promise.resolve({
        name: 'udp-1',
        nodes: () => Promise.resolve(['node-04']),
        stop: () => {
          this.calls.push('stop udp-1')
          return Promise.resolve(this.probeReport)
        },
      }),
    fanOut: () => Promise.resolve({ answered: 0, byRouter: {} }),
    connect: ({ attempts = 1 }) => {
      const each = <T>(value: T) => Array.from({ length: attempts }, () => value)
      return Promise.resolve({ outcomes: each('answered' as const), backends: each('node-01 tcp/8080'), times: each(1_000) })
    },
  }
  /** What was started last: what it prints and how it ends is for the test to say. */
  program: { readonly line: (text: string) => void; readonly end: (code: number) => void; interrupts: number } | undefined
  readonly shell: Shell = {
    exec: () => Promise.resolve({ code: 0, stdout: '', stderr: '' }),
    copy: (device, path) => Promise.resolve(void this.calls.push(`copy ${path} to ${device}`)),
    install: (device, program, path) => Promise.resolve(void this.calls.push(`install ${program} as ${path} on ${device}`)),
    start: (_device, _command, { line, ended }) => {
      const program = { line, end: ended, interrupts: 0 }
      this.program = program
      return Promise.resolve({ interrupt: () => void program.interrupts++ })
    },
    httpGet: () => Promise.resolve({ status: 200, body: '{}' }),
  }

  /** Nothing is rehearsed unless a test gives it. */
  rehearsal: Rehearsal = new Proxy({} as Rehearsal, {
    get: (_, name) => () => Promise.reject(new Error(`this lab rehearses nothing: ${String(name)}`)),
  })

  /** What the resource API was asked, and what it answers: 200 with nothing where the test says nothing. */
  readonly asked: ApiRequest[] = []
  answer: (request: ApiRequest) => { readonly status: number; readonly body: unknown } = () => ({ status: 200, body: {} })
  readonly api: Api = {
    request: (request) => {
      this.asked.push(request)
      return Promise.resolve({ at: this.#now, ...this.answer(request) })
    },
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}

/** Lets every chain of promises that needs nothing more run to its end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function session(device: string, peerAddress: string, state: SessionState, establishedCount = 1): Session {
  return {
    device,
    localAddress: '10.8.0.10',
    peerAddress,
    localAsn: 65002,
    peerAsn: 65001,
    state,
    establishedCount,
    addPath: { receive: true, send: false },
    holdTimeSeconds: 9,
  }
}

export function route(device: string, prefix: string, hops: readonly string[], from = '10.0.1.100'): Route {
  const paths = hops.map((nextHop, index) => ({
    nextHop,
    from,
    pathId: index + 1,
    asPath: [65001],
    valid: true,
    best: index === 0,
    multipath: true,
  }))
  return { device, prefix, paths }
}

export function fib(device: string, prefix: string, hops: readonly string[]): FibRoute {
  return { device, prefix, protocol: 'bgp', metric: 20, nextHops: hops.map((via) => ({ via, interface: 'rack1', weight: 1 })) }
}

const bare = { interfaces: [], loopbacks: [], routes: [], sysctls: {} }

function router(name: string, kind: RouterPlan['kind']): RouterPlan {
  return { ...bare, name, kind, asn: 65002, routerId: '10.8.0.10', neighbors: [], networks: [], maximumPaths: 8, vrrp: [] }
}

function node(name: string, address: string, loadBalancer: boolean): NodePlan {
  return { ...bare, name, address, segment: 'rack1', roles: { controlPlane: !loadBalancer, loadBalancer } }
}

export function smallPlan(): Plan {
  const link = (device: string) => ({ a: { device, interface: 'rack1' }, b: { device: 'rack1', interface: device } })
  return {
    name: 'shared-peers',
    segments: [
      { name: 'rack1', subnet: '10.0.1.0/24' },
      { name: 'rack2', subnet: '10.0.2.0/24' },
    ],
    routers: [router('tor1', 'frr'), router('tor2', 'gobgp'), router('core', 'frr')],
    nodes: [
      node('node-01', '10.0.1.10', false),
      node('node-04', '10.0.1.20', true),
      node('node-05', '10.0.1.21', true),
      node('node-06', '10.0.2.20', true),
    ],
    clients: [{ ...bare, name: 'client', address: '10.9.0.2' }],
    admin: { ...bare, name: 'admin', address: '10.9.0.3', apiPort: 6443 },
    links: [link('tor1'), link('tor2')],
    timers: TIMER_PROFILES.fast,
    cluster: {
      name: 'bm',
      namespace: 'cluster-bm',
      file: 'cluster.yaml',
      documents: [],
      services: [],
      initialPlacement: {},
    } as unknown as Plan['cluster'],
  }
}
