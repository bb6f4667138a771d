/**
 * The port that every engine implements: a running lab as narrow capabilities. Conditions, faults, the CLI and reports know only this.
 * Instants are microseconds on the lab's one monotonic base, the same for every device.
 */
import type { Look, SentDatagrams, SessionOutcome } from '../cluster/preflight/index.ts'
import type { FibRoute, LabEvent, LabEventBody, Micros, Route, Session } from '../model/index.ts'
import type { Plan } from '../topology/plan.ts'

export interface Lab {
  /** Unique among running labs: `shared-peers-3f9a`. */
  readonly id: string
  readonly plan: Plan
  /** `Docker 20.10 at /var/run/docker.sock` */
  readonly engine: string
  /** `tor1 FRR 8.4.4`, one per router, as the daemon itself says. */
  readonly routerVersions: Readonly<Record<string, string>>
  readonly events: EventLog
  /** The state that the events so far add up to. */
  readonly view: View
  readonly power: Power
  readonly links: Links
  readonly processes: Processes
  readonly sessions: Sessions
  readonly tables: Tables
  readonly traffic: Traffic
  readonly shell: Shell
  readonly rehearsal: Rehearsal
  readonly api: Api
  /** Absent where time is real. */
  readonly virtualTime?: VirtualTime
  now(): Micros
  /** Ends the lab: undoes nothing, removes everything that it made. May be called twice. */
  close(): Promise<void>
}

/** Time that moves only while somebody waits for the lab. */
export interface VirtualTime {
  /** Calls back at `instant`; answers how to stop that. Whoever waits for events has one for as long as it waits: when it is stopped, time stands still. */
  alarm(instant: Micros, callback: () => void): () => void
  /** Somebody waits for what is not the lab's, or the lab itself failed: told once, and time goes no further. Answers how to stop listening. */
  onStall(listener: (error: Error) => void): () => void
}

export interface EventLog {
  readonly all: readonly LabEvent[]
  /** Called at every event after it has been applied to the view; returns how to stop. */
  subscribe(listener: (event: LabEvent) => void): () => void
  emit(event: LabEventBody, at?: Micros): LabEvent
}

/** What the lab looks like now, kept by events alone. Reads are cheap and synchronous. */
export interface View {
  session(device: string, peerAddress: string): Session | undefined
  sessionsOf(device: string): readonly Session[]
  route(device: string, prefix: string): Route | undefined
  routesOf(device: string): readonly Route[]
  fib(device: string, prefix: string): FibRoute | undefined
  fibOf(device: string): readonly FibRoute[]
  floatingIp(address: string): FloatingIpState | undefined
  readonly floatingIps: readonly FloatingIpState[]
  nodeReady(node: string): boolean | undefined
  /** Addresses to which an LB node sends new flows of a Service (`default/web`); `undefined` where it does not serve it. */
  backends(device: string, service: string): readonly string[] | undefined
}

export interface FloatingIpState {
  readonly address: string
  /** Absent while Unassigned. */
  readonly node?: string
  readonly since: Micros
  readonly reason: string
}

/** Each fault answers the moment at which it took effect. */
export interface Power {
  /** Links cut first, then the kill: nothing of the device is heard again, no FIN and no RST. */
  off(device: string): Promise<Micros>
  on(device: string): Promise<Micros>
}

export interface Links {
  down(device: string, interfaceName: string): Promise<Micros>
  up(device: string, interfaceName: string): Promise<Micros>
}

export interface Processes {
  /** SIGKILL to the device's routing daemon or speaker; the container stays. */
  kill(device: string, process?: string): Promise<Micros>
  start(device: string, process?: string): Promise<Micros>
}

export interface Sessions {
  /** Hard reset from the router's side. */
  reset(router: string, peerAddress: string): Promise<Micros>
}

/** Fresh reads from the device itself, past the event stream. */
export interface Tables {
  sessions(router: string): Promise<readonly Session[]>
  /** All prefixes, or one. */
  routes(router: string, prefix?: string): Promise<readonly Route[]>
  fib(device: string, prefix?: string): Promise<readonly FibRoute[]>
}

export interface Traffic {
  /** Long-running flows towards a VIP; `stop` answers what each one lost. */
  probe(options: ProbeOptions): Promise<Probe>
  /** Many short flows at once, and over which node and router each went. */
  fanOut(options: FanOutOptions): Promise<FanOutResult>
  /** Tries a port once, or a few times at once from ports of their own, and says what came of it. */
  connect(options: ConnectOptions): Promise<ConnectResult>
}

export interface ConnectOptions {
  /** A client or a node. */
  readonly from: string
  readonly vip: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  /** Default 1. */
  readonly attempts?: number
}

/** Something came back; a reset or port-unreachable in place of a connection; an end after the connection stood; no route; nothing. */
export type ConnectOutcome = 'answered' | 'refused' | 'reset' | 'unreachable' | 'timeout'

export interface ConnectResult {
  /** One for each attempt. */
  readonly outcomes: readonly ConnectOutcome[]
  /** Which backend answered each, and where: `node-07 udp/5353`; null where none did, or what answered is no backend. */
  readonly backends: readonly (string | null)[]
  /** How long each took until its outcome was known. */
  readonly times: readonly Micros[]
}

export interface ProbeOptions {
  readonly from: string
  readonly vip: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  /** Distinct source ports. */
  readonly flows: number
  /** Per flow. */
  readonly packetsPerSecond: number
}

export interface Probe {
  readonly name: string
  /** Which LB node each flow crosses now, by flow number; `undefined` where no answer has come. */
  nodes(): Promise<readonly (string | undefined)[]>
  stop(): Promise<ProbeReport>
}

export interface ProbeReport {
  readonly flows: readonly ProbeFlow[]
}

export interface ProbeFlow {
  readonly flow: number
  readonly sourcePort: number
  readonly sent: number
  readonly answered: number
  /** The longest time without an answer, µs. */
  readonly longestGap: Micros
  /** The LB nodes that it crossed, in order. */
  readonly nodes: readonly string[]
  /** TCP only. */
  readonly fate?: 'survived' | 'reset' | 'stalled'
}

export interface FanOutOptions {
  readonly from: string
  readonly vip: string
  readonly port: number
  readonly flows: number
}

export interface FanOutResult {
  readonly answered: number
  /** Flows by router through which they entered the rack, then by LB node. */
  readonly byRouter: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** The cluster's resource API, asked in band: by the admin host, over its own network. */
export interface Api {
  /** Rejects where there is no answer; an answer that is not a success is an answer. */
  request(request: ApiRequest): Promise<ApiReply>
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/apis/networking.gke.io/v1alpha1/namespaces/cluster-bm/bgploadbalancers/bgplb` */
  readonly path: string
  /** JSON where absent. */
  readonly contentType?: string
  readonly body?: unknown
}

export interface ApiReply {
  /** When it was asked: whatever the request brought about came later. */
  readonly at: Micros
  readonly status: number
  readonly body: unknown
}

export interface Shell {
  /** Runs a command inside a device. */
  exec(device: string, command: readonly string[]): Promise<CommandResult>
  /** Writes a file into a device, as scp(1) would; its folder is there. */
  copy(device: string, path: string, content: string | Uint8Array, options?: { readonly executable?: boolean }): Promise<void>
  /** Copies a program there that runs with Node alone. */
  install(device: string, program: 'bgpadvertiser', path: string): Promise<void>
  /** Starts a command at a terminal of its own inside a device, and leaves it running. */
  start(device: string, command: readonly string[], terminal: Terminal): Promise<RunningCommand>
  /** Asks an HTTP server that listens inside a device, from there: `httpGet('node-01', 'http://127.0.0.1:8080/')`. Rejects where nothing answers. */
  httpGet(device: string, url: string): Promise<HttpAnswer>
}

/** Whoever looks at the terminal of a running command. */
export interface Terminal {
  line(text: string): void
  /** The command has ended, by itself or with its device; called once. `code` is `undefined` where nobody can say with what. */
  ended(code: number | undefined): void
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  /** Ctrl-C at its terminal. */
  interrupt(): void
}

/**
 * What nodes and clients try before there is a cluster (R34): sessions of a node's own, the VIP on it, datagrams to the VIP. A session's BGP
 * log comes as `output` records of the program `rehearsalName(peer)`. Nothing of it runs by itself.
 */
export interface Rehearsal {
  /** Starts a session from a node, and answers when it is up, has failed for good, or `within` has passed. It is kept until `close`. */
  open(node: string, session: RehearsedSession): Promise<SessionOutcome>
  /** Announces the prefix with the node's own address as next hop, or withdraws what was announced; answers once the UPDATE is sent, or cannot be. */
  announce(node: string, peer: string, prefix: string | undefined): Promise<{ readonly sent: boolean; readonly outcome: SessionOutcome }>
  outcome(node: string, peer: string): Promise<SessionOutcome>
  /** Cease, FIN, and how it stood before. */
  close(node: string, peer: string): Promise<SessionOutcome>
  /** Past BGP: route, ping, and one TCP connection. */
  look(node: string, from: string, to: string): Promise<Look>
  /** Makes the VIP a local address of a node, which then counts and answers datagrams to it. */
  hold(node: string, vip: string): Promise<void>
  /** Datagrams received at the VIP since `hold`, by token. */
  arrived(node: string, vip: string): Promise<Readonly<Record<string, number>>>
  /** Undoes `hold`; an address that the node had before stays. */
  release(node: string, vip: string): Promise<void>
  /** Sends datagrams from a node or client to the VIP until one is answered, or `within` has passed. */
  send(device: string, datagrams: RehearsedDatagrams): Promise<SentDatagrams>
}

export interface RehearsedSession {
  readonly localIP: string
  readonly localASN: number
  readonly peerIP: string
  readonly peerASN: number
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
  readonly connectRetrySeconds: number
  readonly within: Micros
}

export interface RehearsedDatagrams {
  readonly from: string
  readonly vip: string
  readonly token: string
  /** Each from a source port of its own; each is repeated until it is answered. */
  readonly flows: number
  readonly within: Micros
}

/** The program's name in `output` records. */
export function rehearsalName(peer: string): string {
  return `preflight ${peer}`
}
