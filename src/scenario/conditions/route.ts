/** Conditions over one prefix at one device: in its BGP table, in its kernel, or in both. Pure. */
import { fibNextHops, type LabEvent } from '../../model/index.ts'
import { formatPrefix, parseIpv4, parsePrefix } from '../../net/index.ts'
import { all, type Condition, type Evaluation, type FindingRow } from '../condition.ts'
import type { State } from '../state.ts'

export type Table = 'bgp' | 'fib'
export type Tables = Table | 'both'

export const TABLE_NAMES: Readonly<Record<Table, string>> = { bgp: 'BGP table', fib: 'FIB' }

/** The distinct next hops by which a table forwards: every multipath path's, or the kernel route's; sorted. */
export function usedNextHops(state: State, device: string, prefix: string, table: Table): string[] {
  if (table === 'fib') return fibNextHops(state.fib(device, prefix))
  const used = (state.route(device, prefix)?.paths ?? []).filter((path) => path.multipath || path.best)
  return [...new Set(used.map((path) => path.nextHop))].sort()
}

export function present(state: State, device: string, prefix: string, table: Table): boolean {
  return table === 'fib' ? state.fib(device, prefix) !== undefined : usedNextHops(state, device, prefix, 'bgp').length > 0
}

export function tablesOf(tables: Tables): readonly Table[] {
  return tables === 'both' ? ['bgp', 'fib'] : [tables]
}

/** @throws Error what is no IPv4 prefix would be waited for in vain, or found absent for nothing. */
function checked(prefix: string): void {
  if (parsePrefix(prefix) !== undefined) return
  const whole = parseIpv4(prefix) !== undefined ? `${prefix}/32` : undefined
  const masked = parsePrefix(prefix, 'mask')
  const meant = whole ?? (masked && formatPrefix(masked))
  throw new Error(
    `${JSON.stringify(prefix)} is no IPv4 prefix${meant === undefined ? ' (a.b.c.d/length)' : `; did you mean ${JSON.stringify(meant)}?`}`,
  )
}

function base(device: string, prefix: string, table: Table): Pick<Condition, 'concerns' | 'reads'> {
  checked(prefix)
  return {
    reads: [{ kind: table === 'fib' ? 'fib' : 'routes', device, prefix }],
    concerns: (event: LabEvent) =>
      (event.type === (table === 'fib' ? 'fib' : 'route') && event.device === device && event.route.prefix === prefix) ||
      (event.type === 'fault' && event.device === device),
  }
}

function subject(device: string, prefix: string, table: Table): string {
  return `${prefix} at ${device}, ${TABLE_NAMES[table]}`
}

function presenceRow(device: string, prefix: string, table: Table, wanted: boolean, state: State): FindingRow {
  const is = present(state, device, prefix, table)
  return {
    what: 'the route',
    expected: wanted ? 'present' : 'absent',
    seen: is ? `via ${usedNextHops(state, device, prefix, table).join(', ')}` : 'absent',
    ok: is === wanted,
    same: (other) => present(other, device, prefix, table) === is,
  }
}

function hopRow(device: string, prefix: string, table: Table, hop: string, wanted: boolean, state: State): FindingRow {
  const has = (other: State) => usedNextHops(other, device, prefix, table).includes(hop)
  const is = has(state)
  return {
    what: `via ${hop}`,
    expected: wanted ? 'present' : 'absent',
    seen: is ? 'present' : 'absent',
    ok: is === wanted,
    same: (other) => has(other) === is,
  }
}

function verdict(device: string, prefix: string, table: Table, rows: readonly FindingRow[], state: State): Evaluation {
  const holds = rows.every((row) => row.ok)
  if (holds) return { holds, differences: [] }
  const notes = table === 'bgp' ? unusedPaths(state, device, prefix) : []
  return { holds, differences: [{ subject: subject(device, prefix, table), rows, notes }] }
}

/** Paths that are there and not used, with the router's reason: the first thing that anyone would look for. */
function unusedPaths(state: State, device: string, prefix: string): string[] {
  const used = usedNextHops(state, device, prefix, 'bgp')
  return (state.route(device, prefix)?.paths ?? [])
    .filter((path) => path.whyNot !== undefined && !used.includes(path.nextHop))
    .map((path) => `${path.nextHop} from ${path.from} is not used: ${path.whyNot}`)
}

/** Exactly these next hops are used, no more and no less. Without `nextHops`: the route is there at all. */
export function hasRoute(device: string, prefix: string, table: Table, nextHops?: readonly string[]): Condition {
  return {
    ...base(device, prefix, table),
    describe: `${device} has ${prefix}${nextHops === undefined ? '' : ` via ${nextHops.join(', ')}`} in its ${TABLE_NAMES[table]}`,
    evaluate(state) {
      if (nextHops === undefined) return verdict(device, prefix, table, [presenceRow(device, prefix, table, true, state)], state)
      const seen = usedNextHops(state, device, prefix, table)
      const hops = [...new Set([...nextHops, ...seen])].sort()
      const rows = hops.map((hop) => hopRow(device, prefix, table, hop, nextHops.includes(hop), state))
      return verdict(device, prefix, table, rows, state)
    },
  }
}

export function hasNoRoute(device: string, prefix: string, table: Table): Condition {
  return {
    ...base(device, prefix, table),
    describe: `${device} has no ${prefix} in its ${TABLE_NAMES[table]}`,
    evaluate: (state) => verdict(device, prefix, table, [presenceRow(device, prefix, table, false, state)], state),
  }
}

export function hasNextHop(device: string, prefix: string, table: Table, hop: string): Condition {
  return {
    ...base(device, prefix, table),
    describe: `${device} has ${prefix} via ${hop} in its ${TABLE_NAMES[table]}`,
    evaluate: (state) => verdict(device, prefix, table, [hopRow(device, prefix, table, hop, true, state)], state),
  }
}

/** The next hop is gone; it must have been there at `since`. */
export function losesNextHop(device: string, prefix: string, table: Table, hop: string): Condition {
  return {
    ...base(device, prefix, table),
    describe: `${device} loses next hop ${hop} of ${prefix} from its ${TABLE_NAMES[table]}`,
    evaluate(state) {
      const others = usedNextHops(state, device, prefix, table).filter((each) => each !== hop)
      const rows = [
        hopRow(device, prefix, table, hop, false, state),
        ...others.map((each) => hopRow(device, prefix, table, each, true, state)),
      ]
      const evaluation = verdict(device, prefix, table, rows, state)
      if (evaluation.holds) return evaluation
      const notes = holders(state, device, prefix, hop)
      return { holds: false, differences: evaluation.differences.map((each) => ({ ...each, notes: [...each.notes, ...notes] })) }
    },
    vacuous: (state) =>
      usedNextHops(state, device, prefix, table).includes(hop) ? undefined : `${hop} was already absent from the ${TABLE_NAMES[table]}`,
  }
}

/** Which sessions still hold a path over that next hop. */
function holders(state: State, device: string, prefix: string, hop: string): string[] {
  const from = new Set((state.route(device, prefix)?.paths ?? []).filter((path) => path.nextHop === hop).map((path) => path.from))
  return [...from].map((peer) => {
    const session = state.session(device, peer)
    const hold = session?.holdTimeSeconds === undefined ? '' : ` (hold time ${session.holdTimeSeconds} s)`
    return `the session with ${peer} still holds a path over ${hop}; it is ${session?.state ?? 'unknown'}${hold} (R22)`
  })
}

/** The next hops received from one peer, used or not: what its session announces. */
export function hasPathsFrom(device: string, prefix: string, peer: string, nextHops: readonly string[]): Condition {
  const seenFrom = (state: State) =>
    [...new Set((state.route(device, prefix)?.paths ?? []).filter((path) => path.from === peer).map((path) => path.nextHop))].sort()
  return {
    ...base(device, prefix, 'bgp'),
    describe: `${device} receives ${prefix} via ${nextHops.join(', ')} from ${peer}`,
    evaluate(state) {
      const seen = seenFrom(state)
      const rows = [...new Set([...nextHops, ...seen])].sort().map((hop) => {
        const is = seen.includes(hop)
        const wanted = nextHops.includes(hop)
        return {
          what: `via ${hop} from ${peer}`,
          expected: wanted ? 'present' : 'absent',
          seen: is ? 'present' : 'absent',
          ok: is === wanted,
          same: (other: State) => seenFrom(other).includes(hop) === is,
        }
      })
      return verdict(device, prefix, 'bgp', rows, state)
    },
  }
}

/** One peer announces exactly one path, whichever it is. */
export function hasOnePathFrom(device: string, prefix: string, peer: string): Condition {
  const seenFrom = (state: State) =>
    (state.route(device, prefix)?.paths ?? []).filter((path) => path.from === peer).map((path) => path.nextHop)
  return {
    ...base(device, prefix, 'bgp'),
    describe: `${device} receives one path of ${prefix} from ${peer}`,
    evaluate(state) {
      const seen = seenFrom(state)
      const row = {
        what: `paths from ${peer}`,
        expected: 'one',
        seen: seen.length === 0 ? 'none' : `via ${seen.join(', ')}`,
        ok: seen.length === 1,
        same: (other: State) => seenFrom(other).join() === seen.join(),
      }
      return verdict(device, prefix, 'bgp', [row], state)
    },
  }
}

/** Over all these prefixes together one peer announces exactly these next hops, and none of the prefixes is missing: with ADD-PATH or without. */
export function hearsOf(device: string, prefixes: readonly string[], peer: string, nextHops: readonly string[]): Condition {
  const parts = prefixes.map((prefix) => base(device, prefix, 'bgp'))
  const hopsOf = (state: State, prefix: string) =>
    (state.route(device, prefix)?.paths ?? []).filter((path) => path.from === peer).map((path) => path.nextHop)
  const heard = (state: State) => [...new Set(prefixes.flatMap((prefix) => hopsOf(state, prefix)))].sort()
  return {
    describe: `${device} hears of ${nextHops.join(', ')} from ${peer}`,
    reads: parts.flatMap((part) => part.reads),
    concerns: (event) => parts.some((part) => part.concerns(event)),
    evaluate(state) {
      const seen = heard(state)
      const missing = prefixes.filter((prefix) => hopsOf(state, prefix).length === 0)
      const row = {
        what: 'next hops over all VIPs',
        expected: [...nextHops].sort().join(', '),
        seen: seen.length === 0 ? 'none' : seen.join(', '),
        ok: seen.join() === [...nextHops].sort().join(),
        same: (other: State) => heard(other).join() === seen.join(),
      }
      const holds = row.ok && missing.length === 0
      const notes = missing.map((prefix) => `${prefix} is not announced`)
      return { holds, differences: holds ? [] : [{ subject: `paths from ${peer} at ${device}, ${TABLE_NAMES.bgp}`, rows: [row], notes }] }
    },
  }
}

/** Every prefix has exactly one next hop, and each a different one of `among` while there are enough (R22, without ADD-PATH). */
export function spreadsVips(device: string, prefixes: readonly string[], table: Table, among: readonly string[]): Condition {
  const parts = prefixes.map((prefix) => base(device, prefix, table))
  const distinct = Math.min(prefixes.length, among.length)
  return {
    describe: `${device} has one next hop for each of ${prefixes.length} VIPs, ${distinct} different ones, in its ${TABLE_NAMES[table]}`,
    reads: parts.flatMap((part) => part.reads),
    concerns: (event) => parts.some((part) => part.concerns(event)),
    evaluate(state) {
      const hops = prefixes.map((prefix) => usedNextHops(state, device, prefix, table))
      const taken = new Map<string, number>()
      for (const [first] of hops) if (first !== undefined) taken.set(first, (taken.get(first) ?? 0) + 1)
      const most = Math.ceil(prefixes.length / among.length)
      const rows = prefixes.map((prefix, index) => {
        const seen = hops[index] ?? []
        const [only] = seen
        const ok = seen.length === 1 && only !== undefined && among.includes(only) && (taken.get(only) ?? 0) <= most
        return {
          what: prefix,
          expected: 'one load-balancer node, not shared',
          seen: seen.length === 0 ? 'absent' : `via ${seen.join(', ')}`,
          ok,
          same: (other: State) => usedNextHops(other, device, prefix, table).join() === seen.join(),
        }
      })
      const holds = rows.every((row) => row.ok)
      return { holds, differences: holds ? [] : [{ subject: `VIPs at ${device}, ${TABLE_NAMES[table]}`, rows, notes: [] }] }
    },
  }
}

/** The same condition over one table or both. */
export function overTables(describe: string, tables: Tables, each: (table: Table) => Condition): Condition {
  return all(describe, tablesOf(tables).map(each))
}
