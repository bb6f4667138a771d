import { beforeAll, describe, expect, it } from 'vitest'
import { auditView } from '../../src/engine/audit.ts'
import type { DockerLab } from '../../src/engine/docker/index.ts'
import { labs, planOf, testEngine, until } from './support.ts'

const make = labs('all')
let lab: DockerLab

/** One ToR of each kind, and the core behind them: what they do among themselves, whatever the cluster does. */
beforeAll(async () => {
  lab = await make(await testEngine(), planOf('shared-peers', { routers: { tor1: 'frr', tor2: 'gobgp' } }))
})

const pings = async (from: string, address: string) =>
  (await lab.shell.exec(from, ['ping', '-c', '20', '-i', '0.05', '-W', '1', address])).stdout
const established = (router: string, peer: string) => lab.view.session(router, peer)?.state === 'Established'
const nextHops = (router: string, prefix: string) => (lab.view.fib(router, prefix)?.nextHops ?? []).map((hop) => hop.via).sort()

describe('routers in a lab', () => {
  it('say what they are, and learn the racks from each other', async () => {
    expect(lab.routerVersions).toMatchObject({ tor1: expect.stringMatching(/^tor1 FRR /), tor2: expect.stringMatching(/^tor2 GoBGP /) })
    await until(lab, 'the core knows both ToRs', 20, () => nextHops('core', '10.0.1.0/24').length === 2)
    await until(lab, 'tor2 has the default route', 20, () => nextHops('tor2', '0.0.0.0/0').length === 1)
    await until(lab, 'tor1 has the default route', 20, () => nextHops('tor1', '0.0.0.0/0').length === 1)
    expect(await pings('client', '10.0.2.10')).toMatch(/ 0% packet loss/)
  })

  it('set a session up again after a reset', async () => {
    const before = lab.view.session('tor1', '10.9.0.2')?.establishedCount ?? 0
    await lab.sessions.reset('tor1', '10.9.0.2')
    await until(
      lab,
      'tor1 is back',
      20,
      () => established('tor1', '10.9.0.2') && lab.view.session('tor1', '10.9.0.2')!.establishedCount > before,
    )
  })

  it.each(['tor1', 'tor2'])('%s loses power: the core and the gateway go on by the other; and it comes back', async (tor) => {
    await until(lab, 'the core knows both ToRs', 20, () => nextHops('core', '10.0.2.0/24').length === 2)
    const off = await lab.power.off(tor)
    expect(lab.view.sessionsOf(tor)).toEqual([])
    await until(lab, 'the core uses one ToR', 20, () => nextHops('core', '10.0.2.0/24').length === 1)
    expect(lab.now()).toBeGreaterThan(off)
    expect(await pings('client', '10.0.2.10')).toMatch(/ 0% packet loss/)
    expect(await pings('node-01', '10.0.2.10')).toMatch(/ 0% packet loss/)
    await lab.power.on(tor)
    await until(lab, 'the core uses both ToRs again', 30, () => nextHops('core', '10.0.2.0/24').length === 2)
    // While the gateway goes back to it, and neighbors ask for its MAC, a tenth of a second's packets may be lost.
    await pings('client', '10.0.2.10')
    expect(await pings('client', '10.0.2.10')).toMatch(/ 0% packet loss/)
  })

  it.each(['tor1', 'tor2'])("%s's routing daemon is killed and started again", async (tor) => {
    const peer = lab.plan.routers.find((router) => router.name === tor)!.neighbors.find((one) => !one.passive)!.address
    await until(lab, 'it is up', 20, () => established(tor, peer))
    await lab.processes.kill(tor)
    await until(lab, 'the core uses one ToR', 20, () => nextHops('core', '10.0.2.0/24').length === 1)
    await lab.processes.start(tor)
    await until(lab, 'it is up again', 30, () => established(tor, peer))
    await until(lab, 'the core uses both ToRs again', 30, () => nextHops('core', '10.0.2.0/24').length === 2)
  })

  it('are in the end as the events have told, and nothing was missed', async () => {
    expect(await auditView(lab)).toEqual([])
    expect(lab.events.all.filter((event) => event.type === 'missed-event')).toEqual([])
  })
})
