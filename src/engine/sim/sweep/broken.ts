/** What a failure did to the flows that were watched, by source and VIP. Pure but for what the flows remember. */
import type { BriefLoss, BrokenPath, Failure, LabEvent, Micros } from '../../../model/index.ts'
import { SECOND } from '../../../model/index.ts'
import type { Plan } from '../../../topology/plan.ts'
import { type Outage, PATIENCE, type WatchedFlow } from './flow.ts'

/** Something happened that may have brought a flow back. */
export interface Marker {
  readonly at: Micros
  readonly what: NonNullable<BrokenPath['endedBy']>
}

export function markerOf(event: LabEvent): Marker | undefined {
  const { at } = event
  if (event.type === 'session' && event.session.state !== 'Established')
    return { at, what: /hold timer/i.test(event.session.reason ?? '') ? 'hold time' : 'session' }
  if (event.type === 'node-ready' && !event.ready) return { at, what: 'lease' }
  if (event.type === 'log' && /^VRRP \d+: (?:Backup|Initialize) -> Master$/.test(event.message)) return { at, what: 'gateway' }
  return undefined
}

export interface BrokenInputs {
  readonly plan: Plan
  readonly failures: readonly Failure[]
  readonly flows: readonly WatchedFlow[]
  /** The way of each flow before. */
  readonly before: ReadonlyMap<WatchedFlow, readonly string[]>
  readonly markers: readonly Marker[]
  readonly now: Micros
}

/** Worst first. */
export function brokenPaths({ plan, failures, flows, before, markers, now }: BrokenInputs): BrokenPath[] {
  const gone = deadSources(plan, failures)
  const watched = flows.filter((flow) => !gone.has(flow.from) && before.has(flow))
  const found = pairsOf(watched).flatMap((pair): BrokenPath[] => {
    const lost = pair.filter(isHit)
    const [first] = lost
    if (first === undefined) return []
    const outages = lost.flatMap((flow): Outage[] =>
      flow.lost ? [...flow.outages, { from: flow.silentSince ?? now, to: now }] : flow.outages,
    )
    const longest = outages.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a))
    const gone = lost.filter((flow) => flow.lost)
    const forGood = gone.length > 0
    const ways = (forGood ? gone : lost).map((flow) => before.get(flow) ?? []).map((path) => ({ path, at: brokenAt(plan, failures, path) }))
    const { path, at } = ways.sort(
      (a, b) => Number(a.at === undefined) - Number(b.at === undefined) || compare(a.path.join(), b.path.join()),
    )[0]!
    return [
      {
        from: first.from,
        vip: first.to.address,
        service: first.service,
        flows: pair.length,
        lost: forGood ? gone.length : lost.length,
        forGood,
        outage: longest.to - longest.from,
        path,
        ...(at !== undefined && { brokenAt: at }),
        ...(!forGood && { endedBy: endedBy(plan, longest, markers) }),
      },
    ]
  })
  return found.sort(
    (a, b) => Number(b.forGood) - Number(a.forGood) || b.outage - a.outage || compare(a.from, b.from) || compare(a.service, b.service),
  )
}

/** Of pairs that lost nothing else. The longest first. */
export function briefLosses(flows: readonly WatchedFlow[]): BriefLoss[] {
  const found = pairsOf(flows).flatMap((pair): BriefLoss[] => {
    const lost = pair.filter((flow) => flow.brief.length > 0)
    const [first] = lost
    if (first === undefined || pair.some(isHit)) return []
    const outage = Math.max(...lost.flatMap(({ brief }) => brief.map(({ from, to }) => to - from)))
    return [{ from: first.from, vip: first.to.address, service: first.service, flows: pair.length, lost: lost.length, outage }]
  })
  return found.sort((a, b) => b.outage - a.outage || compare(a.from, b.from) || compare(a.service, b.service))
}

/** Flows by source and VIP. */
function pairsOf(flows: readonly WatchedFlow[]): (readonly WatchedFlow[])[] {
  return [...Map.groupBy(flows, (flow) => `${flow.from} ${flow.service}`).values()]
}

/** Lost for good, or for so long that it is told. */
function isHit({ lost, outages }: WatchedFlow): boolean {
  return lost || outages.length > 0
}

/** Sources that are themselves what failed: without power, or with no cable left. */
export function deadSources(plan: Plan, failures: readonly Failure[]): ReadonlySet<string> {
  const dead = [...plan.nodes, ...plan.clients].filter(({ name }) => {
    if (failures.some((each) => each.kind === 'node' && each.device === name)) return true
    const cables = plan.links.filter(({ a, b }) => a.device === name || b.device === name)
    return cables.every(({ a, b }) => failures.some((each) => each.kind === 'link' && isLink(each, a.device, b.device)))
  })
  return new Set(dead.map(({ name }) => name))
}

function isLink({ device, far }: Failure, a: string, b: string): boolean {
  return (device === a && far === b) || (device === b && far === a)
}

function brokenAt(plan: Plan, failures: readonly Failure[], path: readonly string[]): number | undefined {
  const index = path.findIndex(
    (name, i) =>
      failures.some((each) => (each.kind === 'node' || each.kind === 'router') && each.device === name) ||
      (i > 0 && failures.some((each) => each.kind === 'link' && crosses(plan, each, path[i - 1]!, name))),
  )
  return index < 0 ? undefined : index
}

/** Whether whoever goes from `a` to `b` goes over the link: directly, or through a segment that both hang on. */
function crosses(plan: Plan, failure: Failure, a: string, b: string): boolean {
  const { device, far = '' } = failure
  if (isLink(failure, a, b)) return true
  if (device !== a && device !== b) return false
  const onFar = (name: string) => plan.links.some((link) => isLink({ ...failure, device: name, far }, link.a.device, link.b.device))
  return plan.segments.some(({ name }) => name === far) && onFar(a) && onFar(b)
}

/** Whoever waited for a timer waited for long. */
function endedBy({ timers }: Plan, { from, to }: Outage, markers: readonly Marker[]): Marker['what'] {
  const waited = to - from >= Math.min(timers.leaseDuration, timers.holdTimeSeconds * SECOND) / 2
  // A gateway that moves is followed at once; a flow that came back later waited for something else.
  const ends = ({ at, what }: Marker) => (what === 'gateway' ? to - at < PATIENCE : waited)
  const during = markers.filter((marker) => marker.at > from && marker.at <= to && ends(marker))
  return during.at(-1)?.what ?? 'routes'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
