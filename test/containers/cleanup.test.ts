import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDockerLab, listLabs, reapDeadLabs, removeLab } from '../../src/engine/docker/index.ts'
import { containersOfLab, labs, type TestEngine, testEngine } from './support.ts'
import { tinyPlan } from './tiny-plan.ts'

const make = labs('each')
let engine: TestEngine
let foreign: string

beforeAll(async () => {
  engine = await testEngine()
  // Ours by its image, but no lab's: nobody may touch it.
  const container = await engine.docker.createContainer({ Image: engine.images.wiring, Cmd: ['sleep', 'infinity'], NetworkDisabled: true })
  await container.start()
  foreign = container.id
})

afterAll(async () => {
  await engine.docker.getContainer(foreign).remove({ force: true })
})

const foreignRuns = async () => (await engine.docker.getContainer(foreign).inspect()).State.Running

describe('clean-up', () => {
  it('removes every container at the end, also when the end is asked for twice', async () => {
    const lab = await make(engine, tinyPlan())
    expect(await containersOfLab(engine.docker, lab.id)).toHaveLength(6)
    await Promise.all([lab.close(), lab.close()])
    expect(await containersOfLab(engine.docker, lab.id)).toEqual([])
    expect(await foreignRuns()).toBe(true)
  })

  it.each([1, 3, 5])('leaves nothing of a creation that was interrupted after %i containers', async (after) => {
    const abort = new AbortController()
    const id = `tiny-interrupted-${after}`
    const creation = createDockerLab(engine.docker, engine.images, tinyPlan(), {
      id,
      signal: abort.signal,
      onProgress: ({ phase, done }) => phase === 'containers' && done === after && abort.abort(new Error('interrupted')),
    })
    await expect(creation).rejects.toThrow('interrupted')
    expect(await containersOfLab(engine.docker, id)).toEqual([])
  })

  it('leaves nothing of a creation that failed', async () => {
    const plan = tinyPlan()
    const [first] = plan.links
    const broken = { ...plan, links: [...plan.links, { a: { device: 'rack1', interface: 'again' }, b: first!.b }] }
    await expect(createDockerLab(engine.docker, engine.images, broken, { id: 'tiny-broken' })).rejects.toThrow(/links: .*File exists/)
    expect(await containersOfLab(engine.docker, 'tiny-broken')).toEqual([])
  })

  it('reaps what a killed owner left, and only that', async () => {
    const living = await make(engine, tinyPlan())
    const kept = await make(engine, tinyPlan(), { keep: true })
    const id = `tiny-orphan-${process.pid}`
    const script = fileURLToPath(new URL('./owner-process.ts', import.meta.url))
    const owner = spawn(process.execPath, ['--conditions=peerlab-source', script, id], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(owner, 'exit')
    await Promise.race([once(owner.stdout, 'data'), exited.then(() => Promise.reject(new Error('the owner ended too early')))])
    expect(await reapDeadLabs(engine.docker)).not.toContain(id)

    owner.kill('SIGKILL')
    await exited
    const reaped = await reapDeadLabs(engine.docker)
    expect(reaped).toContain(id)
    expect(await containersOfLab(engine.docker, id)).toEqual([])
    const states = new Map((await listLabs(engine.docker)).map((lab) => [lab.id, lab.ownerState]))
    expect([states.get(living.id), states.get(kept.id)]).toEqual(['alive', 'kept'])
    expect(await foreignRuns()).toBe(true)

    await removeLab(engine.docker, kept.id)
    expect(await containersOfLab(engine.docker, kept.id)).toEqual([])
  })
})
