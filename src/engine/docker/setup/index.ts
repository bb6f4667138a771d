/**
 * The set-up: an engine, and on it the images that this source needs. May be repeated; does only what is missing.
 *
 * It changes this machine only as root on Debian or Ubuntu and only where no engine answers at the default socket: never where
 * DOCKER_HOST names one. Imports: engine/docker/images, engine/docker/client.
 */
import type Docker from 'dockerode'
import { connectEngine, type Engine, type EngineFailure } from '../client.ts'
import type { Failure } from '../failure.ts'
import { contentHash, imageContents } from '../images/content.ts'
import { repositoryOf } from '../images/programs.ts'
import { builtImages } from '../images/require.ts'
import { findRuntime } from '../images/runtime.ts'
import { provideBase } from './base.ts'
import { buildImage, removeStale } from './build.ts'
import { startInstalledEngine } from './engine.ts'
import { type Report, step } from './progress.ts'

export interface SetupOptions {
  /** Takes a fresh base and rebuilds every image, newest packages included. */
  readonly fresh: boolean
  readonly report: Report
}

/** Sets up, or says what to do. */
export async function setUp({ fresh, report }: SetupOptions): Promise<{ readonly ok: true } | Failure> {
  const engine = await step(report, 'engine', provideEngine)
  if (!engine.ok) return engine
  const { docker, architecture } = engine
  const runtime = await step(report, 'node', async (note) => {
    const found = await findRuntime(architecture, note)
    return found.ok ? { ...found, summary: found.id } : found
  })
  if (!runtime.ok) return runtime
  const base = await step(report, 'base', (note) => provideBase(docker, architecture, fresh, note))
  if (!base.ok) return base

  const [contents, built] = await Promise.all([imageContents(), builtImages(docker)])
  const wanted = new Set<string>()
  // One after the other: the later ones take the layers that they share from the earlier.
  for (const content of contents) {
    const build = { docker, base, runtime, ...(fresh && { freshSoFar: [...wanted] }) }
    const done = await step(report, content.kind, (note) => buildImage(build, content, built, note))
    if (!done.ok) return done
    wanted.add(`${repositoryOf(content.kind)}:${contentHash(content, runtime.id, base.id)}`)
  }
  return removeReplaced(docker, wanted, report)
}

async function removeReplaced(docker: Docker, wanted: ReadonlySet<string>, report: Report): Promise<{ readonly ok: true }> {
  const removed = await removeStale(docker, wanted)
  if (removed.length > 0) report(`  removed what they replace: ${removed.join(', ')}`)
  return { ok: true }
}

async function provideEngine(note: Report): Promise<(Engine & { readonly summary: string }) | EngineFailure | Failure> {
  const there = await connectEngine()
  const engine = there.ok || process.env.DOCKER_HOST ? there : await startInstalledEngine(there, note)
  return engine.ok ? { ...engine, summary: engine.description } : engine
}
