import { beforeAll, describe, expect, it } from 'vitest'
import type { DockerLab } from '../../src/engine/docker/index.ts'
import type { LabEvent } from '../../src/model/index.ts'
import { labs, testEngine } from './support.ts'
import { tinyPlan } from './tiny-plan.ts'

const make = labs('all')
let lab: DockerLab

beforeAll(async () => {
  lab = await make(await testEngine(), tinyPlan())
})

const target = { from: 'client', vip: '10.0.1.11', port: 8080 }

describe('a probe', () => {
  it('counts every flow by itself, from ports of their own, and loses nothing on a sound path', async () => {
    const probe = await lab.traffic.probe({ ...target, protocol: 'udp', flows: 20, packetsPerSecond: 20 })
    await told((event) => event.type === 'ready' && event.what === 'client')
    await expect.poll(async () => (await probe.nodes()).every((node) => node === 'node-02')).toBe(true)
    const { flows } = await probe.stop()
    expect(new Set(flows.map((flow) => flow.sourcePort)).size).toBe(20)
    expect(flows.every((flow) => flow.sent > 0 && flow.answered === flow.sent)).toBe(true)
    expect(await probe.stop()).toEqual({ flows })
  })

  it('says when flows are lost and when they are back, and how long the gap was', async () => {
    const probe = await lab.traffic.probe({ ...target, protocol: 'udp', flows: 5, packetsPerSecond: 50 })
    const down = await lab.links.down('node-02', 'eth0')
    const about = (event: LabEvent) => (event.type === 'probe' && event.probe === probe.name ? event : undefined)
    const lost = await told((event) => event.at > down && about(event)?.state === 'lost')
    const up = await lab.links.up('node-02', 'eth0')
    const back = await told((event) => event.at > up && about(event)?.state === 'ok' && about(event)?.flow === about(lost)?.flow)
    const { flows } = await probe.stop()
    const { longestGap } = flows.find(({ flow }) => flow === about(lost)?.flow)!
    // From an answer before it was told lost to the one that told that it is back; an answer may still have been under way when the link went.
    expect(longestGap).toBeGreaterThanOrEqual(back.at - lost.at)
    expect(flows.some((flow) => flow.answered < flow.sent)).toBe(true)
    expect(back.at).toBeGreaterThan(lost.at)
  })

  it('tells apart TCP flows that survive and those that are reset', async () => {
    const survivor = await lab.traffic.probe({ ...target, protocol: 'tcp', flows: 3, packetsPerSecond: 50 })
    const { flows } = await survivor.stop()
    expect(flows.map((flow) => flow.fate)).toEqual(['survived', 'survived', 'survived'])
    const victim = await lab.traffic.probe({ ...target, protocol: 'tcp', flows: 3, packetsPerSecond: 50 })
    await lab.shell.exec('node-02', ['ss', '--kill', 'state', 'established', 'sport = :8080'])
    await expect
      .poll(async () => (await lab.shell.exec('node-02', ['ss', '-Htn', 'state', 'established', 'sport = :8080'])).stdout)
      .toBe('')
    expect((await victim.stop()).flows.map((flow) => flow.fate)).toEqual(['reset', 'reset', 'reset'])
  })

  it('is refused by name where nothing answers', async () => {
    await expect(lab.traffic.probe({ ...target, port: 9, protocol: 'tcp', flows: 1, packetsPerSecond: 1 })).rejects.toThrow('ECONNREFUSED')
  })
})

describe('a fan-out', () => {
  it('counts flows by the device that brought them in and the node that took them', async () => {
    const result = await lab.traffic.fanOut({ ...target, flows: 600 })
    expect(result).toEqual({ answered: 600, byRouter: { client: { 'node-02': 600 } } })
  })
})

/** The first event, past or to come, for which `test` holds. */
function told(test: (event: DockerLab['events']['all'][number]) => boolean) {
  const past = lab.events.all.find(test)
  if (past !== undefined) return Promise.resolve(past)
  const { promise, resolve } = Promise.withResolvers<DockerLab['events']['all'][number]>()
  const stop = lab.events.subscribe((event) => {
    if (!test(event)) return
    stop()
    resolve(event)
  })
  return promise
}
