import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DockerLab } from '../../src/engine/docker/index.ts'
import type { Probe } from '../../src/engine/lab.ts'
import type { LabEvent } from '../../src/model/index.ts'
import { containersOfLab, labs, type TestEngine, testEngine } from './support.ts'
import { tinyPlan } from './tiny-plan.ts'

const make = labs('each')
let engine: TestEngine
let lab: DockerLab
let probe: Probe

beforeAll(async () => {
  engine = await testEngine()
})

/** node-02's backend holds established connections, which its kernel would end if it could. */
beforeEach(async () => {
  lab = await make(engine, tinyPlan())
  probe = await lab.traffic.probe({ from: 'client', vip: '10.0.1.11', port: 8080, protocol: 'tcp', flows: 4, packetsPerSecond: 50 })
})

/** Resolves when every flow of the probe has stayed without an answer. */
function allLost(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const lost = new Set<number>()
  const look = (event: LabEvent) => {
    if (event.type !== 'probe' || event.state !== 'lost') return
    lost.add(event.flow)
    if (lost.size === 4) resolve()
  }
  lab.events.all.forEach(look)
  lab.events.subscribe(look)
  return promise
}

const goodbyes = () =>
  lab.capture('rack1', { interface: 'bridge', filter: ['tcp[tcpflags] & (tcp-fin|tcp-rst) != 0 and src host 10.0.1.11'] })

describe('power off', () => {
  it('lets nothing more be heard of the device: no FIN, no RST', async () => {
    const capture = await goodbyes()
    const before = lab.now()
    const off = await lab.power.off('node-02')
    expect(off).toBeGreaterThanOrEqual(before)
    await allLost()
    expect(await capture.stop()).toEqual([])
    const report = await probe.stop()
    expect(report.flows.map((flow) => flow.fate)).toEqual(['stalled', 'stalled', 'stalled', 'stalled'])
  })

  it('is not what a mere kill does, which ends every connection with FIN or RST', async () => {
    const capture = await goodbyes()
    const [name] = (await containersOfLab(engine.docker, lab.id)).filter((one) => one.endsWith('node-02'))
    const container = engine.docker.getContainer(name!.slice(1))
    const ended = container.wait()
    await container.kill()
    await ended
    expect(await capture.stop()).not.toEqual([])
    await probe.stop()
  })

  it('refuses a device without power by name', async () => {
    await lab.power.off('node-02')
    await expect(lab.power.off('node-02')).rejects.toThrow('node-02 has no power')
    await expect(lab.power.on('node-01')).rejects.toThrow('node-01 has power already')
    await probe.stop()
  })
})

describe('power on', () => {
  it('brings the device back with its links, addresses and MACs, and its program', async () => {
    const mac = async () => (await lab.shell.exec('node-02', ['cat', '/sys/class/net/eth0/address'])).stdout
    const first = await mac()
    await lab.power.off('node-02')
    await probe.stop()
    await lab.power.on('node-02')
    expect(await mac()).toBe(first)
    const again = await lab.traffic.fanOut({ from: 'client', vip: '10.0.1.11', port: 8080, flows: 10 })
    expect(again.answered).toBe(10)
    expect(lab.events.all.filter((event) => event.type === 'ready' && event.device === 'node-02' && event.what === 'node')).toHaveLength(2)
  })

  it('works for a whole rack', async () => {
    await lab.power.off('rack1')
    expect((await lab.shell.exec('node-01', ['ping', '-c', '1', '-W', '1', '10.0.1.11'])).code).not.toBe(0)
    await lab.power.on('rack1')
    expect((await lab.shell.exec('node-01', ['ping', '-c', '1', '-W', '1', '10.0.1.11'])).code).toBe(0)
    await probe.stop()
  })
})
