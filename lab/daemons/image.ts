/**
 * The image with all four daemons (Dockerfile beside this file), for what meets each of them: built on the base and with the Node of the
 * lab's own images, under a tag of its contents. It stays on the engine, as theirs do; an older one goes when a newer one is there.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type Docker from 'dockerode'
import type { Engine } from '../../src/engine/docker/client.ts'
import { type Failure, failure } from '../../src/engine/docker/failure.ts'
import { IMAGE_LABELS } from '../../src/engine/docker/images/index.ts'
import { builtImages } from '../../src/engine/docker/images/require.ts'
import { findRuntime } from '../../src/engine/docker/images/runtime.ts'
import { tar } from '../../src/engine/docker/images/tar.ts'
import { LABELS } from '../../src/engine/docker/protocol.ts'
import { proxies } from '../../src/engine/docker/setup/build.ts'
import { engineOutput } from '../../src/engine/docker/setup/engine-output.ts'

const REPOSITORY = 'peerlab/daemons'

export interface DaemonImage {
  readonly ok: true
  /** `peerlab/daemons:0123456789ab` */
  readonly name: string
}

/** Builds it unless the engine has it: some seconds, the network being that of the distribution's packages. Progress goes to `note`. */
export async function daemonImage(
  { docker, architecture }: Engine,
  note: (line: string) => void,
): Promise<DaemonImage | Failure<'images-missing' | 'build-failed' | 'architecture-unsupported' | 'runtime-missing'>> {
  const sibling = (await builtImages(docker)).find((image) => image.kind === 'router-gobgp')
  if (sibling === undefined) {
    return failure('images-missing', 'the engine has none of the lab’s images to build on', 'Run `npm run lab:setup`.')
  }
  const runtime = await findRuntime(architecture, note)
  if (!runtime.ok) return runtime
  const dockerfile = await readFile(fileURLToPath(new URL('Dockerfile', import.meta.url)))
  const hash = createHash('sha256').update(dockerfile).update(runtime.id).update(sibling.base).digest('hex').slice(0, 12)
  const name = `${REPOSITORY}:${hash}`
  const present = await docker.listImages({ filters: { reference: [REPOSITORY] } })
  if (present.some((image) => image.RepoTags?.includes(name))) return { ok: true, name }
  note(`building ${name}`)
  try {
    const context = tar([
      { name: 'Dockerfile', content: dockerfile },
      { name: 'node', content: { file: runtime.file }, executable: true },
    ])
    const stream = await docker.buildImage(Readable.from(context) as unknown as NodeJS.ReadableStream, {
      t: name,
      buildargs: { BASE: sibling.base, ...proxies() },
      labels: { [LABELS.project]: '1', [IMAGE_LABELS.kind]: 'daemons' },
      networkmode: 'host',
      rm: true,
      forcerm: true,
    })
    await engineOutput(stream, () => {})
  } catch (error) {
    return failure(
      'build-failed',
      `lab/daemons/Dockerfile does not build: ${(error as Error).message}`,
      'Where a package could not be fetched, make apt-get work on this machine.',
    )
  }
  await removeOthers(docker, name)
  return { ok: true, name }
}

async function removeOthers(docker: Docker, name: string): Promise<void> {
  for (const image of await docker.listImages({ filters: { reference: [REPOSITORY] } })) {
    for (const tag of image.RepoTags ?? []) {
      // One that a container still uses goes the next time.
      if (tag !== name)
        await docker
          .getImage(tag)
          .remove()
          .catch(() => undefined)
    }
  }
}
