/** Builds what changed, and removes what a rebuild has replaced. */
import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { type Failure, failure } from '../failure.ts'
import { contentHash, type ImageContent } from '../images/content.ts'
import { IMAGE_LABELS, repositoryOf } from '../images/programs.ts'
import type { BuiltImage } from '../images/require.ts'
import type { Runtime } from '../images/runtime.ts'
import { type TarEntry, tar } from '../images/tar.ts'
import { LABELS } from '../protocol.ts'
import type { BaseImage } from './base.ts'
import { engineOutput } from './engine-output.ts'
import type { Report } from './progress.ts'

export interface Build {
  readonly docker: Docker
  readonly base: BaseImage
  readonly runtime: Runtime
  /** Tags of the images that this run has built, where nothing older is to be used: layers are shared with these only. */
  readonly freshSoFar?: readonly string[]
}

/** Builds one image unless the engine has it. Two thirds of a second where only a bundle changed. */
export async function buildImage(
  { docker, base, runtime, freshSoFar }: Build,
  content: ImageContent,
  built: readonly BuiltImage[],
  note: Report,
): Promise<{ readonly ok: true; readonly summary: string } | Failure<'build-failed'>> {
  const hash = contentHash(content, runtime.id, base.id)
  const tag = `${repositoryOf(content.kind)}:${hash}`
  const latest = () => docker.getImage(tag).tag({ repo: repositoryOf(content.kind), tag: 'latest' })
  if (!freshSoFar && built.some((image) => image.tag === tag)) {
    await latest()
    return { ok: true, summary: `${tag} is up to date` }
  }
  const recent: string[] = []
  try {
    const stream = await docker.buildImage(Readable.from(tar(context(content, runtime))) as unknown as NodeJS.ReadableStream, {
      t: tag,
      buildargs: { BASE: base.name, ...proxies() },
      labels: { [LABELS.project]: '1', [IMAGE_LABELS.kind]: content.kind, [IMAGE_LABELS.content]: hash, [IMAGE_LABELS.base]: base.id },
      // The machine's own network, because a proxy or a name server may be reached from there only.
      networkmode: 'host',
      rm: true,
      forcerm: true,
      ...cacheOptions(freshSoFar),
    })
    let current = ''
    await engineOutput(stream, ({ stream: text }) => {
      const line = text?.trim() ?? ''
      if (line !== '') recent.push(line)
      if (line.startsWith('Step ')) current = line
      // Only what takes time is worth a line: a `RUN` whose result the engine does not have.
      if (line.startsWith('---> Running in') && current.includes(' RUN ')) note(shownStep(current))
    })
  } catch (error) {
    return failure(
      'build-failed',
      `lab/images/${content.kind}/Dockerfile does not build: ${(error as Error).message}\n${recent.slice(-12).join('\n')}`,
      'Where a package could not be fetched, make apt-get work on this machine; then run the set-up again.',
    )
  }
  await latest()
  return { ok: true, summary: `${tag} built` }
}

function cacheOptions(freshSoFar: readonly string[] | undefined): Docker.ImageBuildOptions {
  if (freshSoFar === undefined) return {}
  return freshSoFar.length === 0 ? { nocache: true } : { cachefrom: JSON.stringify(freshSoFar) }
}

/** `installing frr` for the steps that our Dockerfiles have; any other as it stands. */
function shownStep(instruction: string): string {
  const packages = /--no-install-recommends (.*?) && /.exec(instruction.replace(/\s+/g, ' '))?.[1]
  return packages ? `installing ${packages}` : instruction.slice(0, 100)
}

function context(content: ImageContent, runtime: Runtime): readonly TarEntry[] {
  const text = (value: string) => new TextEncoder().encode(value)
  return [
    { name: 'Dockerfile', content: content.dockerfile },
    { name: 'node', content: { file: runtime.file }, executable: true },
    // So that Node takes the bundles for the modules that they are.
    { name: 'programs/package.json', content: text('{ "type": "module" }\n') },
    ...[...content.programs].map(([file, bytes]) => ({ name: `programs/${file}`, content: bytes })),
  ]
}

/** Docker's predefined build arguments: they need no `ARG`, and stay out of the image's history. */
export function proxies(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** Removes images of ours that are not among `wanted`. One that a container still uses is left; it goes the next time. */
export async function removeStale(docker: Docker, wanted: ReadonlySet<string>): Promise<readonly string[]> {
  const removed: string[] = []
  for (const image of await docker.listImages({ filters: { label: [IMAGE_LABELS.content] } })) {
    const tags = (image.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>')
    if (tags.some((tag) => wanted.has(tag))) continue
    // By id where nothing names it any more; by its names else, which never takes an image from under a container.
    for (const name of tags.length > 0 ? tags : [image.Id]) {
      if (await remove(docker, name)) removed.push(name)
    }
  }
  // A base that a fresh one has replaced, and what builds that failed have left.
  for (const image of await docker.listImages({ filters: { label: [`${IMAGE_LABELS.kind}=base`], dangling: ['true'] } })) {
    if (await remove(docker, image.Id)) removed.push(image.Id.slice(0, 19))
  }
  return removed
}

async function remove(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).remove()
    return true
  } catch (error) {
    // 404: gone meanwhile; 409: a container, or an image built on it, still needs it.
    if ([404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) return false
    throw error
  }
}
