/**
 * The state of a lab without clocks and counters, as lines of text that are equal where the state is: sessions (up or down, ADD-PATH), next
 * hops in use, kernel routes, holders of floating IPs, readiness, backends. Kept from events, so that it tells which event changed anything.
 */
import type { LabEvent, Micros } from '../../../model/index.ts'
import { stableHash } from '../../../net/index.ts'
import { POWER_OFF, PROGRAM_ENDED } from '../../view.ts'

export type Lines = ReadonlyMap<string, string>

export class CanonicalState {
  /** Device → what → how it is. What is the cluster's own stands under ''. */
  readonly #devices = new Map<string, Map<string, string>>()
  /** When it last became another. */
  changed: Micros = 0
  #lines: Lines | undefined

  apply(event: LabEvent): void {
    switch (event.type) {
      case 'session': {
        const { localAddress, peerAddress, state, addPath } = event.session
        const up = `up${addPath.receive ? ', ADD-PATH received' : ''}${addPath.send ? ', ADD-PATH sent' : ''}`
        this.#set(event, event.device, `session ${localAddress}–${peerAddress}`, state === 'Established' ? up : 'down')
        break
      }
      case 'session-removed':
        this.#set(event, event.device, `session ${event.localAddress}–${event.peerAddress}`, undefined)
        break
      case 'route': {
        const used = event.route.paths.filter((path) => path.multipath).map((path) => path.nextHop)
        this.#set(event, event.device, `route ${event.route.prefix}`, used.length === 0 ? undefined : [...new Set(used)].sort().join(', '))
        break
      }
      case 'fib': {
        const hops = event.route.nextHops.map((hop) => `${hop.via ?? 'connected'} ${hop.interface}`)
        this.#set(event, event.device, `FIB ${event.route.prefix}`, hops.length === 0 ? undefined : hops.sort().join(', '))
        break
      }
      case 'floating-ip':
        this.#set(event, '', `floating IP ${event.address}`, event.node ?? 'nobody')
        break
      case 'node-ready':
        this.#set(event, '', `node ${event.node}`, event.ready ? 'Ready' : 'not Ready')
        break
      case 'address':
        this.#set(event, event.device, `address ${event.address}`, event.present ? 'present' : undefined)
        break
      case 'service':
        this.#set(event, event.device, `backends of ${event.service}`, event.backends && ([...event.backends].sort().join(', ') || 'none'))
        break
      case 'fault':
        if ((event.fault === POWER_OFF || event.fault === PROGRAM_ENDED) && this.#devices.delete(event.device)) this.#touch(event.at)
        break
      default:
        break
    }
  }

  /** Sorted. */
  lines(): Lines {
    this.#lines ??= new Map(
      [...this.#devices]
        .flatMap(([device, lines]) => [...lines].map(([what, how]): [string, string] => [device === '' ? what : `${device} ${what}`, how]))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
    return this.#lines
  }

  #set({ at }: LabEvent, device: string, what: string, how: string | undefined): void {
    const lines = this.#devices.get(device) ?? new Map<string, string>()
    if (lines.get(what) === how) return
    this.#devices.set(device, lines)
    if (how === undefined) lines.delete(what)
    else lines.set(what, how)
    this.#touch(at)
  }

  #touch(at: Micros): void {
    this.changed = at
    this.#lines = undefined
  }
}

/** 64 bits, as 16 hexadecimal digits. */
export function hashOf(lines: Lines): string {
  const text = JSON.stringify([...lines])
  return [stableHash(text), stableHash(`${text} again`)].map((each) => each.toString(16).padStart(8, '0')).join('')
}

export interface Compared {
  readonly equal: boolean
  /** Nothing differs but what has several places of equal right. */
  readonly equivalent: boolean
  /** Kernel routes differ, and nothing else. */
  readonly kernelAlone: boolean
  /** `floating IP 10.0.1.100: node-04 → node-05` */
  readonly differences: readonly string[]
}

export function compareStates(before: Lines, after: Lines): Compared {
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key))
  return {
    equal: keys.length === 0,
    equivalent: keys.every((key) => equalRight(key, before, after)),
    kernelAlone: keys.length > 0 && keys.every((key) => / FIB /.test(key)),
    differences: keys.map((key) => `${key}: ${before.get(key) ?? 'absent'} → ${after.get(key) ?? 'absent'}`),
  }
}

/**
 * A floating IP does not fall back (R17): any holder will do, and it has the address. Of equal paths a router that may use fewer than there are takes
 * some, the oldest first (FRR): as many others will do.
 */
function equalRight(key: string, before: Lines, after: Lines): boolean {
  const [a, b] = [before.get(key), after.get(key)]
  const floating = /^floating IP /.test(key)
  if (floating) return a !== undefined && b !== undefined && (a === 'nobody') === (b === 'nobody')
  if (/ address /.test(key)) return before.has(`floating IP ${key.split(' ').at(-1)?.split('/')[0]}`)
  if (/ (route|FIB) /.test(key)) return a !== undefined && b !== undefined && a.split(', ').length === b.split(', ').length
  return false
}
