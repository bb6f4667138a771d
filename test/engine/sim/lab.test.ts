import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { Topologies } from '../../../src/cli/topology.ts'
import type { Lab } from '../../../src/engine/lab.ts'
import { createSimLab } from '../../../src/engine/sim/driver/index.ts'
import type { TopologyOptions } from '../../../src/scenario/index.ts'
import type { Plan } from '../../../src/topology/plan.ts'
import { runInSimulator } from './run.ts'

const VIP = '10.0.0.1/32'
const NODES = ['10.0.1.20', '10.0.1.21', '10.0.2.20']

async function planOf(options: TopologyOptions = {}): Promise<Plan> {
  const { plan } = await new Topologies('fast').load('shared-peers', options)
  return plan!
}

let lab: Lab
afterEach(() => lab?.close())

async function up(options?: TopologyOptions): Promise<Lab> {
  lab = await createSimLab(await planOf(options), { seed: 'a test' })
  return lab
}

/** Lets time pass until it holds. */
async function until(holds: () => boolean, within = 30_000_000): Promise<void> {
  const deadline = lab.now() + within
  while (!holds()) {
    if (lab.now() >= deadline) throw new Error(`not within ${within} µs`)
    await new Promise<void>((resolve) => {
      const stop = lab.events.subscribe(() => end())
      const stopAlarm = lab.virtualTime!.alarm(deadline, () => end())
      const end = () => {
        stop()
        stopAlarm()
        resolve()
      }
    })
  }
}

const hops = (device: string, prefix = VIP) => (lab.view.fib(device, prefix)?.nextHops ?? []).map((hop) => hop.via).sort()
const converged = () => ['tor1', 'tor2'].every((tor) => hops(tor).join() === NODES.join())

describe('a simulated lab', () => {
  test('says what it is, and comes up with everything in its event log', async () => {
    await up({ routers: { tor2: 'gobgp' } })
    expect(lab.engine).toBe('simulator')
    expect(lab.routerVersions).toMatchObject({ tor1: 'tor1 FRR 8.4, simulated', tor2: 'tor2 GoBGP 3.10, simulated' })
    await until(converged)
    const ready = lab.events.all.flatMap((event) => (event.type === 'ready' ? [event.device] : []))
    expect(new Set(ready).size).toBe(lab.plan.routers.length + lab.plan.nodes.length + lab.plan.clients.length + 1)
    expect(lab.view.fib('tor1', '10.0.1.0/24')).toMatchObject({ protocol: 'kernel' })
    expect(lab.view.route('tor1', '10.0.1.0/24')?.paths).toMatchObject([{ from: '0.0.0.0', best: true }])
    // Neither ToR has the other's path in its table: by way of the core it comes back as a loop (R8).
    await until(() => lab.view.route('core', VIP)?.paths.length === 2)
    expect(lab.view.route('tor1', VIP)?.paths.map((path) => path.from)).not.toContain('10.9.0.2')
    expect(lab.view.route('core', VIP)?.paths.map((path) => path.asPath)).toEqual([
      [65002, 65001],
      [65002, 65001],
    ])
  })

  test('a killed daemon loses its sessions and its kernel routes; the other router carries on, and it comes back', async () => {
    await up()
    await until(converged)
    const at = await lab.processes.kill('tor1')
    expect(lab.view.sessionsOf('tor1').every((session) => session.reason === 'bgpd is not running')).toBe(true)
    await until(() => lab.view.fib('tor1', VIP) === undefined && hops('core').length === 1)
    // By FIN, not by hold time.
    expect(lab.now() - at).toBeLessThan(1_000_000)
    expect(hops('tor2')).toEqual(NODES)
    await expect(lab.processes.kill('tor1')).rejects.toThrow('bgpd is not running on tor1: start it first')
    await lab.processes.start('tor1')
    await until(() => converged() && hops('core').length === 2)
    await expect(lab.processes.kill('tor1', 'ospfd')).rejects.toThrow('tor1 has no process "ospfd" in the simulator; it has bgpd and vrrpd')
  })

  test('a reset session comes back, with Cease; GoBGP stays Idle for some seconds', async () => {
    await up({ routers: { tor2: 'gobgp' } })
    await until(converged)
    const back: Record<string, number> = {}
    for (const tor of ['tor1', 'tor2']) {
      const at = await lab.sessions.reset(tor, '10.0.1.100')
      const counts = () => lab.view.session(tor, '10.0.1.100')
      await until(() => counts()?.state !== 'Established', 1_000)
      await until(() => counts()?.state === 'Established')
      expect(counts()?.establishedCount).toBe(2)
      back[tor] = lab.now() - at
    }
    expect(back.tor1).toBeLessThan(2_000_000)
    expect(back.tor2).toBeGreaterThan(3_500_000)
  })

  test('a link that is cut takes its rack out of the announcements (import-check), and comes back', async () => {
    await up()
    await until(() => converged() && lab.view.route('core', '10.0.1.0/24')?.paths.length === 2)
    await lab.links.down('tor1', 'rack1')
    expect(lab.view.fib('tor1', '10.0.1.0/24')).toBeUndefined()
    await until(() => lab.view.route('core', '10.0.1.0/24')?.paths.length === 1)
    await lab.links.up('tor1', 'rack1')
    await until(() => lab.view.route('core', '10.0.1.0/24')?.paths.length === 2)
  })

  test('a router without power has no tables, and comes back with its sessions', async () => {
    await up()
    await until(converged)
    await lab.power.off('tor1')
    expect([lab.view.sessionsOf('tor1'), lab.view.fibOf('tor1')]).toEqual([[], []])
    await expect(lab.tables.sessions('tor1')).rejects.toThrow('tor1 has no power')
    await expect(lab.power.off('tor1')).rejects.toThrow('tor1 has no power already')
    await lab.power.on('tor1')
    await until(() => converged() && hops('core').length === 2)
  })

  test('what is not simulated is refused by name', async () => {
    await up()
    const refused = /it needs real routers \(--engine docker\)/
    await expect(lab.shell.exec('node-01', ['sh', '-c', 'true'])).rejects.toThrow(refused)
    await expect(lab.shell.start('node-01', ['/tmp/program'], { line: () => {}, ended: () => {} })).rejects.toThrow(refused)
    await expect(lab.shell.install('node-01', 'bgpadvertiser', '/tmp/x')).rejects.toThrow(refused)
    await expect(lab.power.off('nobody')).rejects.toThrow('there is no device nobody; there are tor1, tor2, core, admin,')
    const plan = await planOf()
    const routers = plan.routers.map((router, index) => (index > 0 ? router : { ...router, config: { file: 'tor1.conf', text: '' } }))
    await expect(createSimLab({ ...plan, routers })).rejects.toThrow(
      'tor1: tor1.conf is a configuration for the daemon itself: it needs real routers',
    )
  })

  test('the API is asked in band: without a way to it there is no answer', async () => {
    await up()
    await until(converged)
    const path = '/apis/networking.gke.io/v1alpha1/namespaces/kube-system/bgploadbalancers/bgplb'
    expect(await lab.api.request({ method: 'GET', path })).toMatchObject({ status: 200, body: { kind: 'BGPLoadBalancer' } })
    await lab.links.down('admin', 'eth0')
    const local = await lab.api.request({ method: 'GET', path })
    expect(local.status).toBe(200)
  })

  test('a command of the shell is done for as far as it is simulated', async () => {
    await up()
    const shell = async (device: string, text: string) => lab.shell.exec(device, text.split(' '))
    expect((await shell('node-04', 'ip -4 -o addr show')).stdout).toContain('inet 10.0.1.20/24 scope global eth0')
    expect((await shell('node-04', 'ping -c 2 -i 0.2 -W 1 10.0.2.20')).stdout).toContain('0% packet loss')
    await lab.shell.copy(
      'node-05',
      '/tmp/cut.nft',
      'table ip cut {\n chain input { type filter hook input priority 0; ip saddr { 10.0.1.20 } tcp dport 1 drop; }\n}\n',
    )
    expect((await shell('node-05', 'nft -f /tmp/cut.nft')).code).toBe(0)
    expect((await shell('node-05', 'nft delete table ip cut')).code).toBe(0)
    expect((await shell('node-05', 'nft delete table ip cut')).code).toBe(1)
    expect((await shell('node-05', 'ip addr add 10.0.1.21/32 dev eth9')).stderr).toContain('Cannot find device')
    await expect(shell('node-05', 'nft insert rule ip peerlab input ct state new drop')).rejects.toThrow('the simulator has no such rule')
  })
})

describe('a scenario that waits for something else', () => {
  test('is ended, and told what it may wait for', async () => {
    const folder = await mkdtemp(fileURLToPath(new URL('out-', import.meta.url)))
    try {
      const file = join(folder, 'waits.ts')
      await writeFile(
        file,
        `import { scenario } from 'peerlab/scenario'
scenario('waits', { topology: 'shared-peers' }, async ({ step }) => {
  await step('sleep', () => new Promise((resolve) => setTimeout(resolve, 60_000).unref()))
})
`,
      )
      const [ran] = await runInSimulator({ folder: file, stallMillis: 50 })
      expect(ran?.result.verdict).toBe('error')
      expect(ran?.result.problems.join()).toContain('real time for something that is not the lab')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
