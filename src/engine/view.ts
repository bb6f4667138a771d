/** What the events so far add up to: sessions, routes, kernel routes, floating IPs and the nodes' readiness. Pure. */
import type { FibRoute, LabEvent, Route, Session } from '../model/index.ts'
import type { FloatingIpState, View } from './lab.ts'

/** The `fault` of an event after which a device has no state. */
export const POWER_OFF = 'power-off'
/** Its program ended, and nobody asked it to: what it said last is no state any more. */
export const PROGRAM_ENDED = 'program-ended'

export class StateView implements View {
  #sessions = new Map<string, Map<string, Session>>()
  #routes = new Map<string, Map<string, Route>>()
  #fib = new Map<string, Map<string, FibRoute>>()
  #floatingIps = new Map<string, FloatingIpState>()
  #ready = new Map<string, boolean>()
  #backends = new Map<string, Map<string, readonly string[]>>()

  /** The device's session with `peerAddress`; an established one first where several local addresses have one. */
  session(device: string, peerAddress: string): Session | undefined {
    const candidates = this.sessionsOf(device).filter((session) => session.peerAddress === peerAddress)
    return candidates.find((session) => session.state === 'Established') ?? candidates[0]
  }

  sessionsOf(device: string): readonly Session[] {
    return [...(this.#sessions.get(device)?.values() ?? [])]
  }

  route(device: string, prefix: string): Route | undefined {
    return this.#routes.get(device)?.get(prefix)
  }

  routesOf(device: string): readonly Route[] {
    return [...(this.#routes.get(device)?.values() ?? [])]
  }

  fib(device: string, prefix: string): FibRoute | undefined {
    return this.#fib.get(device)?.get(prefix)
  }

  fibOf(device: string): readonly FibRoute[] {
    return [...(this.#fib.get(device)?.values() ?? [])]
  }

  floatingIp(address: string): FloatingIpState | undefined {
    return this.#floatingIps.get(address)
  }

  get floatingIps(): readonly FloatingIpState[] {
    return [...this.#floatingIps.values()]
  }

  nodeReady(node: string): boolean | undefined {
    return this.#ready.get(node)
  }

  backends(device: string, service: string): readonly string[] | undefined {
    return this.#backends.get(device)?.get(service)
  }

  apply(event: LabEvent): void {
    switch (event.type) {
      case 'session':
        inner(this.#sessions, event.device).set(sessionKey(event.session), event.session)
        break
      case 'session-removed':
        this.#sessions.get(event.device)?.delete(sessionKey(event))
        break
      case 'route':
        keep(inner(this.#routes, event.device), event.route.prefix, event.route, event.route.paths.length > 0)
        break
      case 'fib':
        keep(inner(this.#fib, event.device), event.route.prefix, event.route, event.route.nextHops.length > 0)
        break
      case 'floating-ip':
        this.#floatingIps.set(event.address, {
          address: event.address,
          ...(event.node === undefined ? {} : { node: event.node }),
          since: event.at,
          reason: event.reason,
        })
        break
      case 'node-ready':
        this.#ready.set(event.node, event.ready)
        break
      case 'service':
        keep(inner(this.#backends, event.device), event.service, event.backends ?? [], event.backends !== undefined)
        break
      case 'fault':
        if (event.fault === POWER_OFF || event.fault === PROGRAM_ENDED) this.#forget(event.device)
        break
      default:
        break
    }
  }

  /** A device that lost power has no tables, and of one that fell silent nobody knows. */
  #forget(device: string): void {
    this.#sessions.delete(device)
    this.#routes.delete(device)
    this.#fib.delete(device)
    this.#backends.delete(device)
  }
}

function sessionKey(session: { readonly localAddress: string; readonly peerAddress: string }): string {
  return `${session.localAddress} ${session.peerAddress}`
}

function inner<T>(outer: Map<string, Map<string, T>>, device: string): Map<string, T> {
  let map = outer.get(device)
  if (map === undefined) {
    map = new Map()
    outer.set(device, map)
  }
  return map
}

function keep<T>(map: Map<string, T>, key: string, value: T, present: boolean): void {
  if (present) map.set(key, value)
  else map.delete(key)
}
