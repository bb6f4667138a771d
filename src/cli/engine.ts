/** The Docker engine for the command line, loaded only when a command needs it. */
import type { Access } from '../engine/docker/access/access.ts'
import type { Lab } from '../engine/lab.ts'
import type { Engine as RunnerEngine } from '../scenario/index.ts'
import { Ending, EXIT } from './exit.ts'

export interface RunningLab {
  readonly id: string
  readonly ownerState: string
  readonly containers: readonly { readonly device: string; readonly state: string }[]
}

export interface DockerEngine {
  readonly description: string
  labs(): Promise<readonly RunningLab[]>
  /** Joins a running lab; `undefined` where there is none of that name. */
  attach(id: string): Promise<Lab | undefined>
  /** Resolves once nothing of it runs any more, the process that served its API included. */
  remove(id: string): Promise<void>
  removeAll(): Promise<readonly string[]>
  /** Serves a running lab's resource API on loopback until the lab has been removed. */
  serveAccess(id: string, ready: (access: Access) => void): Promise<void>
  /** How to reach a running lab's resource API; `undefined` where no process serves it. */
  servedAccess(id: string): Promise<Access | undefined>
  /** What labs of dead owners left; answers their IDs. */
  reap(): Promise<readonly string[]>
  /** To run labs on; ends with 3 where images are missing. */
  runner(): Promise<RunnerEngine>
}

/** How long an engine that was there may take to say that it still is. */
const STILL_THERE_MS = 5_000
/** This process has had an engine. */
let had = false

/** What became of the engine that this command had: `undefined` where it answers, or where there never was one. */
export async function lostEngine(): Promise<Ending | undefined> {
  if (!had) return undefined
  const { connectEngine } = await import('../engine/docker/client.ts')
  const engine = await connectEngine(process.env, STILL_THERE_MS)
  if (engine.ok) return undefined
  const left = 'what ran on it may be left: `peerlab ps` shows it when the engine is back, and `peerlab down --all` removes it'
  return new Ending(EXIT.environment, `the engine was lost meanwhile: ${engine.message}`, left)
}

/** Ends with 3 and what to do when no Docker engine answers. */
export async function openEngine(): Promise<DockerEngine> {
  const [{ connectEngine }, cleanup] = await Promise.all([import('../engine/docker/client.ts'), import('../engine/docker/cleanup.ts')])
  const engine = await connectEngine()
  if (!engine.ok) throw new Ending(EXIT.environment, engine.message, engine.suggestion)
  had = true
  const { docker, description } = engine
  const access = () => import('../engine/docker/access/access.ts')
  const remove = async (id: string) => {
    const ended = await (await access()).whenAccessEnds(docker, id)
    await cleanup.removeLab(docker, id)
    await ended()
  }
  return {
    description,
    labs: () => cleanup.listLabs(docker),
    remove,
    async removeAll() {
      const ids = (await cleanup.listLabs(docker)).map((lab) => lab.id)
      for (const id of ids) await remove(id)
      return ids
    },
    serveAccess: async (id, ready) => (await access()).serveAccess(docker, id, ready),
    servedAccess: async (id) => (await access()).servedAccess(docker, id),
    reap: () => cleanup.reapDeadLabs(docker),
    async attach(id) {
      const { attachLab } = await import('../engine/docker/lab.ts')
      return attachLab(docker, id)
    },
    async runner() {
      const [{ createDockerLab }, { requireImages }] = await Promise.all([
        import('../engine/docker/lab.ts'),
        import('../engine/docker/images/index.ts'),
      ])
      const images = await requireImages(docker)
      if (!images.ok) throw new Ending(EXIT.environment, images.message, images.suggestion)
      return {
        description,
        open: (plan, { keep, signal, onProgress }) =>
          createDockerLab(docker, images.images, plan, {
            engine: description,
            keep,
            signal,
            onProgress: ({ phase, done, total }) => onProgress(`${plan.name}: ${phase} ${done} of ${total}`),
          }),
        lost: async () => (await lostEngine()) !== undefined,
        async leftovers(lab) {
          const left = (await cleanup.listLabs(docker)).find((each) => each.id === lab)
          return (left?.containers ?? []).map((container) => `container of ${container.device} in ${lab}`)
        },
      }
    },
  }
}

/** The lab that a command means: the one named, or the only one. */
export async function chosenLab(engine: DockerEngine, id: string | undefined): Promise<Lab> {
  const labs = await engine.labs()
  const ids = labs.map((lab) => lab.id)
  if (id === undefined && ids.length > 1)
    throw new Ending(EXIT.usage, `${ids.length} labs are running: ${ids.join(', ')}`, 'say which with --lab ID')
  const wanted = id ?? ids[0]
  if (wanted === undefined) throw new Ending(EXIT.nothing, 'no lab is running', 'bring one up with `peerlab up TOPOLOGY`')
  const lab = await engine.attach(wanted)
  if (lab === undefined)
    throw new Ending(EXIT.nothing, `no lab ${wanted} is running`, ids.length === 0 ? undefined : `running: ${ids.join(', ')}`)
  return lab
}
