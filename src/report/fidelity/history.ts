/** What each session, route and floating IP was, and when, from the event log of a run: two engines' logs become comparable. Pure. */
import { fibNextHops, type LabEvent, type Micros, type Route } from '../../model/index.ts'
import { type Facts, kernelRouteThing, routeThing, type Section, sessionThing } from '../diff/index.ts'

/** What traffic did is no state: `shares.ts` and the probes' assertions have it. */
export type Kind = Exclude<Section, 'traffic'>

export interface History {
  readonly kind: Kind
  readonly device?: string
  /** A prefix, an address, a pair of addresses. */
  readonly what: string
  /** In order of time, none like the one before; no facts where it was not there. */
  readonly states: readonly HistoricState[]
}

export interface HistoricState {
  readonly at: Micros
  readonly facts: Facts | undefined
}

/** One for each thing that the log tells of, by a key that both engines' logs share. */
export function historiesOf(events: readonly LabEvent[]): Map<string, History> {
  const histories = new Map<string, History & { states: HistoricState[] }>()
  const note = (kind: Kind, device: string | undefined, what: string, at: Micros, facts: Facts | undefined) => {
    const key = `${kind} ${device ?? ''} ${what}`
    const history = histories.get(key) ?? { kind, ...(device !== undefined && { device }), what, states: [] }
    histories.set(key, history)
    if (!sameFacts(history.states.at(-1)?.facts, facts)) history.states.push({ at, facts })
  }
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    switch (event.type) {
      case 'session': {
        const { reason: _, ...session } = event.session
        const { what, facts } = sessionThing(session)
        note('sessions', event.device, what, event.at, facts)
        break
      }
      case 'session-removed':
        note('sessions', event.device, `${event.localAddress} ↔ ${event.peerAddress}`, event.at, undefined)
        break
      case 'route': {
        const { what, facts } = routeThing(withoutBest(event.route))
        note('routes', event.device, what, event.at, event.route.paths.length === 0 ? undefined : facts)
        break
      }
      case 'fib': {
        const { what, facts } = kernelRouteThing(event.route)
        note('fib', event.device, what, event.at, fibNextHops(event.route).length === 0 ? undefined : facts)
        break
      }
      case 'floating-ip':
        note('floatingIps', undefined, event.address, event.at, { node: event.node ?? 'Unassigned' })
        break
      default:
    }
  }
  return histories
}

/** Which of several equal paths is best is a matter of age (rule `best`); what is used is what counts. */
function withoutBest(route: Route): Route {
  return { ...route, paths: route.paths.map((path) => ({ ...path, best: false })) }
}

/** What it was at an instant, everything stamped with it included. */
export function factsAt(history: History | undefined, instant: Micros): Facts | undefined {
  return history?.states.findLast(({ at }) => at <= instant)?.facts
}

export function sameFacts(a: Facts | undefined, b: Facts | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
