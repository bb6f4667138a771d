import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type Docker from 'dockerode'
import { afterAll, afterEach } from 'vitest'
import type { Images } from '../../src/engine/docker/containers.ts'
import { connectEngine, createDockerLab, type DockerLab, type DockerLabOptions, requireImages } from '../../src/engine/docker/index.ts'
import type { Lab } from '../../src/engine/lab.ts'
import { formatDiagnostic, TIMER_PROFILES } from '../../src/model/index.ts'
import { type LoadedTopology, loadTopology, type Plan, type TopologyOptions } from '../../src/topology/index.ts'

export interface TestEngine {
  readonly docker: Docker
  readonly images: Images
  readonly description: string
}

/** The engine and the images, or an error that says what to do: a container test is never left out. */
export async function testEngine(): Promise<TestEngine> {
  const engine = await connectEngine()
  if (!engine.ok) throw new Error(`${engine.message} ${engine.suggestion}`)
  const images = await requireImages(engine.docker)
  if (!images.ok) throw new Error(`${images.message} ${images.suggestion}`)
  return { docker: engine.docker, images: images.images, description: engine.description }
}

/** Labs that end with the test, or (`all`) with its file. */
export function labs(until: 'each' | 'all') {
  const open: DockerLab[] = []
  const close = async () => {
    await Promise.all(open.splice(0).map((lab) => lab.close()))
  }
  if (until === 'each') afterEach(close)
  else afterAll(close)
  return async (engine: TestEngine, plan: Plan, options: DockerLabOptions = {}): Promise<DockerLab> => {
    const lab = await createDockerLab(engine.docker, engine.images, plan, { engine: engine.description, ...options })
    open.push(lab)
    return lab
  }
}

/** Names of the containers of a lab, running or not. */
export async function containersOfLab(docker: Docker, lab: string): Promise<string[]> {
  const found = await docker.listContainers({ all: true, filters: { label: [`peerlab.lab=${lab}`] } })
  return found.flatMap((info) => info.Names).sort()
}

/** Resolves when `holds` is true, looked at now and at every event; rejects after `seconds` with what was waited for. */
export function until(lab: Lab, what: string, seconds: number, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`not within ${seconds} s: ${what}`)), seconds * 1000)
  const stop = lab.events.subscribe(() => holds() && resolve())
  return promise.finally(() => {
    clearTimeout(timer)
    stop()
  })
}

/** A plan of the repository's `topologies/`, with fast timers unless told otherwise. */
export function planOf(topology: string, options: Partial<TopologyOptions> = {}): Plan {
  const folder = fileURLToPath(new URL(`../../topologies/${topology}/`, import.meta.url))
  const read = (name: string) => ({ file: `${folder}${name}`, text: readFileSync(`${folder}${name}`, 'utf8') })
  return loaded(loadTopology({ ...read('topology.yaml'), read }, { timers: TIMER_PROFILES.fast, ...options }))
}

export function loaded({ plan, diagnostics }: LoadedTopology): Plan {
  if (plan === undefined) throw new Error(diagnostics.map(formatDiagnostic).join('\n'))
  return plan
}
