/** Traffic as a comparison sees it: how many flows were answered, over which nodes, and how long the worst of them was not. Pure. */
import type { LabEvent, Micros } from '../../model/index.ts'

export interface TrafficSeen {
  /** What was sent: a probe's name, or `client → 10.0.0.1:80`. */
  readonly name: string
  readonly flows: number
  /** Of these, answered at that moment. */
  readonly answered: number
  /** The LB nodes that answered flows went over, sorted; absent where only the backends are known. */
  readonly over?: readonly string[]
  /** Which backends answered, sorted: `node-07 tcp/8080`. */
  readonly by?: readonly string[]
  /** The longest that a flow went without an answer until that moment; absent where nobody watched for long enough to say. */
  readonly longestLoss?: Micros
}

interface Flow {
  ok: boolean
  node: string | undefined
  lostAt: Micros | undefined
  longest: Micros
}

/** The probes of a run as they stood at `instant`, from records in order of time. */
export function probesAt(events: readonly LabEvent[], instant: Micros): TrafficSeen[] {
  const probes = new Map<string, Map<number, Flow>>()
  for (const event of events) {
    if (event.type !== 'probe' || event.at > instant) continue
    const flows = probes.get(event.probe) ?? new Map<number, Flow>()
    probes.set(event.probe, flows)
    const flow = flows.get(event.flow) ?? { ok: false, node: undefined, lostAt: undefined, longest: 0 }
    flows.set(event.flow, flow)
    if (event.state === 'lost') {
      flow.lostAt ??= event.at
      flow.ok = false
    } else {
      if (flow.lostAt !== undefined) flow.longest = Math.max(flow.longest, event.at - flow.lostAt)
      Object.assign(flow, { ok: true, lostAt: undefined, node: event.node ?? flow.node })
    }
  }
  return [...probes].map(([name, byNumber]) => {
    const flows = [...byNumber.values()]
    const answered = flows.filter((flow) => flow.ok)
    const until = (flow: Flow) => (flow.lostAt === undefined ? 0 : Math.min(instant, lastOf(events)) - flow.lostAt)
    return {
      name,
      flows: flows.length,
      answered: answered.length,
      over: [...new Set(answered.flatMap((flow) => flow.node ?? []))].sort(),
      longestLoss: Math.max(0, ...flows.map((flow) => Math.max(flow.longest, until(flow)))),
    }
  })
}

function lastOf(events: readonly LabEvent[]): Micros {
  return events.at(-1)?.at ?? 0
}
