import { beforeAll, describe, expect, it } from 'vitest'
import { devicesOf } from '../../src/engine/configs.ts'
import { attachLab, type DockerLab, listLabs } from '../../src/engine/docker/index.ts'
import { labs, type TestEngine, testEngine } from './support.ts'
import { tinyPlan } from './tiny-plan.ts'

const make = labs('all')
let engine: TestEngine
let lab: DockerLab

beforeAll(async () => {
  engine = await testEngine()
  lab = await make(engine, tinyPlan())
})

const ping = async (from: string, address: string) => (await lab.shell.exec(from, ['ping', '-c', '1', '-W', '1', address])).code

describe('a rack segment with two nodes', () => {
  it('carries packets between them, with the MAC addresses of the plan', async () => {
    expect(await ping('node-01', '10.0.1.11')).toBe(0)
    const [, node2] = lab.plan.nodes
    const neighbors = await lab.shell.exec('node-01', ['ip', 'neigh', 'show', '10.0.1.11'])
    expect(neighbors.stdout).toContain(node2!.interfaces[0]!.mac)
  })

  it('gives each device the interfaces of the plan and no way out of the machine', async () => {
    for (const device of devicesOf(lab.plan)) {
      const { stdout } = await lab.shell.exec(device.name, ['ip', '-json', 'link'])
      const links = JSON.parse(stdout) as { ifname: string; address: string }[]
      expect(links.filter((link) => link.ifname !== 'lo').map((link) => [link.ifname, link.address])).toEqual(
        device.interfaces.map((one) => [one.name, one.mac]),
      )
    }
    const helper = await lab.shell.exec('.wiring', ['ip', '-json', 'link'])
    expect((JSON.parse(helper.stdout) as { ifname: string }[]).map((link) => link.ifname)).toEqual(['lo'])
  })

  it('seeds the multipath hash of each device, where the kernel can', async () => {
    const path = '/proc/sys/net/ipv4/fib_multipath_hash_seed'
    for (const node of lab.plan.nodes) {
      const { code, stdout } = await lab.shell.exec(node.name, ['cat', path])
      if (code === 0) expect(stdout.trim()).toBe(String(node.hashSeed))
      else expect(lab.events.all).toContainEqual(expect.objectContaining({ type: 'log', level: 'warning', device: '.wiring' }))
    }
  })

  it('reads the kernel routes of any device', async () => {
    expect(await lab.tables.fib('node-01', '0.0.0.0/0')).toEqual([
      {
        device: 'node-01',
        prefix: '0.0.0.0/0',
        protocol: 'static',
        metric: 0,
        nextHops: [{ via: '10.0.1.1', interface: 'eth0', weight: 1 }],
      },
    ])
  })

  it('takes a link down and up, its routes included', async () => {
    const before = lab.now()
    const down = await lab.links.down('node-02', 'eth0')
    expect(down).toBeGreaterThanOrEqual(before)
    expect(await ping('node-01', '10.0.1.11')).not.toBe(0)
    await lab.links.up('node-02', 'eth0')
    expect(await ping('node-01', '10.0.1.11')).toBe(0)
    expect(await lab.tables.fib('node-02', '0.0.0.0/0')).toHaveLength(1)
    await expect(lab.links.down('node-02', 'eth7')).rejects.toThrow(/node-02.*eth7/)
  })

  it('can be joined by another process, which does not end it', async () => {
    const joined = await attachLab(engine.docker, lab.id)
    expect(joined?.plan).toEqual(lab.plan)
    expect(await joined?.tables.fib('node-01')).toEqual(await lab.tables.fib('node-01'))
    await joined?.links.down('node-02', 'eth0')
    await joined?.links.up('node-02', 'eth0')
    await joined?.close()
    expect((await listLabs(engine.docker)).map((one) => one.id)).toContain(lab.id)
    expect(await ping('node-01', '10.0.1.11')).toBe(0)
    expect(await attachLab(engine.docker, 'no-such-lab')).toBeUndefined()
  })
})
