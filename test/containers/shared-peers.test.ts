import { beforeAll, describe, expect, it } from 'vitest'
import type { DockerLab } from '../../src/engine/docker/index.ts'
import { fibNextHops } from '../../src/model/index.ts'
import { labs, planOf, testEngine, until } from './support.ts'

/** The document's first example on one FRR and one GoBGP ToR: who has sessions, and from where a VIP is reached. */
const make = labs('all')
const VIP = '10.0.0.1'
const LB_NODES = ['10.0.1.20', '10.0.1.21', '10.0.2.20']
let lab: DockerLab

const hopsAt = (router: string) => fibNextHops(lab.view.fib(router, `${VIP}/32`))
const bothHave = () => ['tor1', 'tor2'].every((tor) => hopsAt(tor).length === LB_NODES.length)

beforeAll(async () => {
  lab = await make(await testEngine(), planOf('shared-peers', { routers: { tor1: 'frr', tor2: 'gobgp' } }))
  await until(lab, 'both ToRs forward to every load-balancer node', 60, bothHave)
})

const ASK = `
  const socket = require('node:net').connect(80, process.argv[1])
  socket.setTimeout(3000, () => { console.error('no answer'); process.exit(1) })
  socket.on('error', (error) => { console.error(error.message); process.exit(1) })
  socket.on('data', (data) => { process.stdout.write(data); process.exit() })
  socket.write('{}\\n')`

/** Which backends answered ten TCP connections of `device` to the VIP; an error line for each that nobody answered. */
async function backendsSeenBy(device: string): Promise<string[]> {
  const seen = new Set<string>()
  for (let i = 0; i < 10; i++) {
    const { code, stdout, stderr } = await lab.shell.exec(device, ['/opt/peerlab/node', '-e', ASK, VIP])
    seen.add(code === 0 ? (JSON.parse(stdout) as { node: string }).node : `failed: ${stderr.trim()}`)
  }
  return [...seen].sort()
}

describe('shared-peers', () => {
  it('has exactly the ten sessions of R31, five at each ToR', async () => {
    await until(lab, 'ten sessions are up', 60, () => {
      const states = ['tor1', 'tor2'].flatMap((tor) => lab.view.sessionsOf(tor)).filter((session) => session.peerAsn === 65001)
      return states.filter((session) => session.state === 'Established').length === 10
    })
    for (const [tor, peer] of [
      ['tor1', '10.8.0.10'],
      ['tor2', '10.8.0.11'],
    ] as const) {
      const up = (await lab.tables.sessions(tor)).filter((session) => session.peerAsn === 65001 && session.state === 'Established')
      expect(up.map((session) => `${session.peerAddress} ${session.localAddress}`).sort()).toEqual(
        ['10.0.1.10', '10.0.1.100', '10.0.1.11', '10.0.2.10', '10.0.2.100'].map((cluster) => `${cluster} ${peer}`),
      )
    }
  })

  it.each(['client', 'node-04', 'node-05', 'node-06'])(
    'answers %s, which is outside or a load-balancer node, from both backends',
    async (device) => {
      expect(await backendsSeenBy(device)).toEqual(['node-07', 'node-08'])
    },
  )

  it.each(['node-01', 'node-03'])('answers %s, a node of each rack that takes no VIP traffic', async (device) => {
    expect(await backendsSeenBy(device)).toEqual(['node-07', 'node-08'])
  })

  describe('while only one ToR knows the VIP (R8)', () => {
    const sessions = ['10.0.1.100', '10.0.2.100']

    it.each([
      [
        'tor2',
        'tor1',
        (peer: string) => ['vtysh', '-c', 'conf t', '-c', 'router bgp 65002', '-c', `neighbor ${peer} shutdown`],
        (peer: string) => ['vtysh', '-c', 'conf t', '-c', 'router bgp 65002', '-c', `no neighbor ${peer} shutdown`],
      ],
      ['tor1', 'tor2', (peer: string) => ['gobgp', 'neighbor', peer, 'disable'], (peer: string) => ['gobgp', 'neighbor', peer, 'enable']],
    ] as const)('%s: the client and both racks reach it, past %s', async (knows, other, silence, restore) => {
      for (const peer of sessions) expect(await lab.shell.exec(other, silence(peer))).toMatchObject({ code: 0 })
      await until(lab, `${other} has lost the VIP`, 20, () => hopsAt(other).length === 0)
      expect(hopsAt(knows)).toEqual(LB_NODES)
      for (const device of ['client', 'node-01', 'node-03'])
        expect([device, await backendsSeenBy(device)]).toEqual([device, ['node-07', 'node-08']])
      for (const peer of sessions) expect(await lab.shell.exec(other, restore(peer))).toMatchObject({ code: 0 })
      await until(lab, 'both have it again', 60, bothHave)
    })
  })

  it('fails the same question where the VIP is really gone', async () => {
    for (const node of ['node-04', 'node-05', 'node-06']) await lab.power.off(node)
    await until(lab, 'no ToR has the VIP', 60, () => hopsAt('tor1').length + hopsAt('tor2').length === 0)
    const { code } = await lab.shell.exec('client', ['/opt/peerlab/node', '-e', ASK, VIP])
    expect(code).toBe(1)
  })
})
