/** The state as the devices themselves tell it now, past the event stream. What only events know (floating IPs, probes) stays as they say. */
import type { Lab } from '../engine/lab.ts'
import type { Session } from '../model/index.ts'
import { readResource } from './cluster.ts'
import type { Read } from './condition.ts'
import { type StateFold, stateAt } from './state.ts'

export async function freshState(lab: Lab, reads: readonly Read[]): Promise<StateFold> {
  const distinct = [...new Map(reads.map((read) => [JSON.stringify(read), read])).values()]
  const fetched = await Promise.all(
    distinct.map(async (read) => {
      switch (read.kind) {
        case 'sessions':
          return { read, sessions: await lab.tables.sessions(read.device) }
        case 'routes':
          return { read, routes: await lab.tables.routes(read.device, read.prefix) }
        case 'fib':
          return { read, fib: await lab.tables.fib(read.device, read.prefix) }
        case 'resource':
          return { read, object: await readResource(lab, read.resource) }
      }
    }),
  )
  const at = lab.now()
  const state = stateAt(lab.events.all, Number.POSITIVE_INFINITY)
  for (const each of fetched) {
    if (each.read.kind === 'resource') {
      const { kind, name, namespace } = each.read.resource
      const about = { kind, name, ...(namespace !== undefined && { namespace }) }
      state.apply({ type: 'resource', ...about, ...(each.object !== undefined && { object: each.object }), at })
      continue
    }
    const { device } = each.read
    if (each.sessions !== undefined) {
      // Only what is gone is removed first: a session that is still there must not look set up anew.
      const has = (one: Session) =>
        each.sessions.some((other) => other.localAddress === one.localAddress && other.peerAddress === one.peerAddress)
      for (const old of state.sessionsOf(device))
        if (!has(old)) state.apply({ type: 'session-removed', device, localAddress: old.localAddress, peerAddress: old.peerAddress, at })
      for (const session of each.sessions) state.apply({ type: 'session', device, session, at })
    } else if (each.routes !== undefined) {
      const { prefix } = each.read
      const route = each.routes.find((one) => one.prefix === prefix) ?? { device, prefix, paths: [] }
      state.apply({ type: 'route', device, route, uncertainty: 0, at })
    } else if (each.fib !== undefined) {
      const { prefix } = each.read
      const route = each.fib.find((one) => one.prefix === prefix) ?? { device, prefix, protocol: '', metric: 0, nextHops: [] }
      state.apply({ type: 'fib', device, route, at })
    }
  }
  return state
}
