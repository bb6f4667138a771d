/** What conditions look at: the lab's view, and what only its history tells. Kept by events alone, so any past instant can be built again. */
import type { View } from '../engine/lab.ts'
import { StateView } from '../engine/view.ts'
import type { LabEvent, Micros, ResourceObject } from '../model/index.ts'

export interface State extends View {
  /** When the session last *became* Established; `undefined` when it never was. */
  establishedAt(device: string, peerAddress: string): Micros | undefined
  /** Whether a flow of a probe gets answers now; `undefined` when nothing has been heard of it. */
  flowAnswered(probe: string, flow: number): boolean | undefined
  /** Whether a node has a floating IP on an interface, whatever the API says; `undefined` when it never had. */
  hasAddress(device: string, address: string): boolean | undefined
  /** What a program that the scenario started has printed. */
  linesOf(device: string, program: string): readonly string[]
  /** An object of the resource API; `undefined` where there is none. */
  resource(kind: string, name: string, namespace: string | undefined): ResourceObject | undefined
  /** `undefined` while it runs. */
  exitCodeOf(device: string, program: string): number | undefined
}

export class StateFold extends StateView implements State {
  #established = new Map<string, Micros>()
  #flows = new Map<string, boolean>()
  #addresses = new Map<string, boolean>()
  #lines = new Map<string, string[]>()
  #resources = new Map<string, ResourceObject>()
  #exitCodes = new Map<string, number>()

  override apply(event: LabEvent): void {
    if (event.type === 'session' && event.session.state === 'Established') {
      const before = this.session(event.device, event.session.peerAddress)
      const still = before?.state === 'Established' && before.establishedCount === event.session.establishedCount
      if (!still) this.#established.set(key(event.device, event.session.peerAddress), event.at)
    } else if (event.type === 'probe') {
      this.#flows.set(key(event.probe, String(event.flow)), event.state === 'ok')
    } else if (event.type === 'address') {
      this.#addresses.set(key(event.device, event.address), event.present)
    } else if (event.type === 'output') {
      const name = key(event.device, event.program)
      const lines = this.#lines.get(name)
      if (lines === undefined) this.#lines.set(name, [event.line])
      else lines.push(event.line)
    } else if (event.type === 'resource') {
      const name = resourceKey(event.kind, event.name, event.namespace)
      if (event.object === undefined) this.#resources.delete(name)
      else this.#resources.set(name, event.object)
    } else if (event.type === 'exit') {
      this.#exitCodes.set(key(event.device, event.program), event.code)
    }
    super.apply(event)
  }

  establishedAt(device: string, peerAddress: string): Micros | undefined {
    return this.#established.get(key(device, peerAddress))
  }

  flowAnswered(probe: string, flow: number): boolean | undefined {
    return this.#flows.get(key(probe, String(flow)))
  }

  hasAddress(device: string, address: string): boolean | undefined {
    return this.#addresses.get(key(device, address))
  }

  linesOf(device: string, program: string): readonly string[] {
    return this.#lines.get(key(device, program)) ?? []
  }

  resource(kind: string, name: string, namespace: string | undefined): ResourceObject | undefined {
    return this.#resources.get(resourceKey(kind, name, namespace))
  }

  exitCodeOf(device: string, program: string): number | undefined {
    return this.#exitCodes.get(key(device, program))
  }
}

function key(device: string, what: string): string {
  return `${device} ${what}`
}

function resourceKey(kind: string, name: string, namespace: string | undefined): string {
  return `${kind} ${namespace ?? ''}/${name}`
}

/** The records in the order in which they happened; equal instants keep the order of arrival. */
export function inOrder(events: readonly LabEvent[]): LabEvent[] {
  return [...events].sort((a, b) => a.at - b.at)
}

/** The state at `instant`, everything stamped with it included. */
export function stateAt(events: readonly LabEvent[], instant: Micros): StateFold {
  const state = new StateFold()
  for (const event of inOrder(events)) {
    if (event.at > instant) break
    state.apply(event)
  }
  return state
}

/** Since when `holds` has been true without a break, up to the last record; `undefined` when it is not true now, or always was. */
export function trueSince(events: readonly LabEvent[], concerns: (event: LabEvent) => boolean, holds: (state: State) => boolean) {
  const state = new StateFold()
  let since: Micros | undefined
  let now = holds(state)
  for (const event of inOrder(events)) {
    state.apply(event)
    if (!concerns(event)) continue
    const next = holds(state)
    if (next && !now) since = event.at
    if (!next) since = undefined
    now = next
  }
  return now ? since : undefined
}
