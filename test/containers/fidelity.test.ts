import { afterAll, describe, expect, it } from 'vitest'
import type { Lab } from '../../src/engine/lab.ts'
import { createSimLab } from '../../src/engine/sim/driver/index.ts'
import { fibNextHops, type Micros, SECOND } from '../../src/model/index.ts'
import { alarmOf } from '../../src/scenario/index.ts'
import type { TopologyOptions } from '../../src/topology/index.ts'
import { labs, planOf, testEngine } from './support.ts'

/**
 * The same lab on real routers and in the simulator, through the same faults: once both have come to rest they show the same sessions, the same
 * used next hops with the same reasons for what is not valid, the same kernel routes, and the same holders of floating IPs. One of each router.
 * Not compared: which of several equal paths is best (FRR and GoBGP choose by age), words of reasons, and times.
 */
const open = labs('all')
const simulated: Lab[] = []
afterAll(() => Promise.all(simulated.map((lab) => lab.close())))

/** Longer than anything that is still to come: a hold time, GoBGP's wait in Idle, a lease. */
const REST: Micros = 11 * SECOND

type Change = readonly [what: string, change: (lab: Lab) => Promise<unknown>]

/** Resolves when nothing has changed for a while. */
function rest(lab: Lab): Promise<void> {
  const alarm = alarmOf(lab)
  return new Promise((resolve) => {
    let stopAlarm = () => {}
    const again = () => {
      const before = stopAlarm
      stopAlarm = alarm(lab.now() + REST, () => {
        unsubscribe()
        resolve()
      })
      before()
    }
    const unsubscribe = lab.events.subscribe(({ type }) => {
      if (type === 'session' || type === 'session-removed' || type === 'route' || type === 'fib' || type === 'floating-ip') again()
    })
    again()
  })
}

/** What both must agree on, as text that a difference can be read off. */
function standing(lab: Lab): string[] {
  const { view, plan } = lab
  return [
    ...plan.routers.flatMap(({ name }) => [
      ...view.sessionsOf(name).map(({ localAddress, peerAddress, peerAsn, state, addPath, holdTimeSeconds }) => {
        const up = state === 'Established' ? `up, hold ${holdTimeSeconds} s, ADD-PATH ${addPath.receive}/${addPath.send}` : 'down'
        return `${name} session ${localAddress} ↔ ${peerAddress} AS ${peerAsn}: ${up}`
      }),
      ...view.routesOf(name).map(({ prefix, paths }) => {
        const used = [...new Set(paths.filter((path) => path.multipath).map((path) => path.nextHop))].sort()
        const received = paths.map(({ from, pathId, nextHop, asPath, valid }) =>
          [from, pathId ?? '', nextHop, asPath.join(' '), valid ? '' : 'not valid'].join(' ').trim(),
        )
        return `${name} BGP ${prefix}: uses ${used.join(', ')}; has ${received.sort().join(' | ')}`
      }),
      ...view.fibOf(name).map((route) => `${name} FIB ${route.prefix} ${route.protocol} ${route.metric}: ${fibNextHops(route).join(', ')}`),
    ]),
    ...view.floatingIps.map(({ address, node }) => `floating IP ${address}: ${node ?? 'Unassigned'}`),
  ].sort()
}

const CASES: readonly { readonly topology: string; readonly options: TopologyOptionsOf; readonly changes: readonly Change[] }[] = [
  {
    topology: 'shared-peers',
    options: { routers: { tor1: 'frr', tor2: 'gobgp' }, initialPlacement: { '10.0.1.100': 'node-04', '10.0.2.100': 'node-06' } },
    changes: [
      ['the holder of a floating IP loses power', (lab) => lab.power.off('node-04')],
      ['it is back', (lab) => lab.power.on('node-04')],
      ['tor1’s daemon is killed', (lab) => lab.processes.kill('tor1')],
      ['and started', (lab) => lab.processes.start('tor1')],
      ['tor2 loses its link to rack1', (lab) => lab.links.down('tor2', 'rack1')],
      ['and has it again', (lab) => lab.links.up('tor2', 'rack1')],
      ['tor2 loses power', (lab) => lab.power.off('tor2')],
    ],
  },
  {
    topology: 'peers-per-rack',
    options: { routers: { tor1: 'frr', tor2: 'gobgp' }, initialPlacement: { '10.0.1.100': 'node-04', '10.0.2.100': 'node-05' } },
    changes: [
      ['a session is reset', (lab) => lab.sessions.reset('tor2', '10.0.1.100')],
      ['the core loses its link to tor1', (lab) => lab.links.down('core', 'tor1')],
      ['a speaker is killed', (lab) => lab.processes.kill('node-01')],
    ],
  },
]

type TopologyOptionsOf = Partial<Pick<TopologyOptions, 'routers' | 'initialPlacement'>>

describe('the simulator and real routers come to the same', () => {
  it.each(CASES)('$topology, FRR and GoBGP', { timeout: 400_000 }, async ({ topology, options, changes }) => {
    const plan = planOf(topology, options)
    const real = await open(await testEngine(), plan)
    const virtual = await createSimLab(plan)
    simulated.push(virtual)
    const compare = async (what: string) => {
      await Promise.all([rest(real), rest(virtual)])
      expect(standing(real).length).toBeGreaterThan(40)
      expect({ what, standing: standing(virtual) }).toEqual({ what, standing: standing(real) })
    }
    await compare('from cold')
    for (const [what, change] of changes) {
      await Promise.all([change(real), change(virtual)])
      await compare(what)
    }
  })
})
