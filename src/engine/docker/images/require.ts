/** Whether an engine has the images that this source needs; asked at the start of each run. */
import type Docker from 'dockerode'
import { type Failure, failure } from '../failure.ts'
import type { ImageKind } from '../protocol.ts'
import { contentHash, type ImageContent, imageContents } from './content.ts'
import { IMAGE_KINDS, IMAGE_LABELS, repositoryOf } from './programs.ts'
import { runtimeId } from './runtime.ts'

/** What to run each kind of device from: `peerlab/node:0123456789ab`. */
export interface Images {
  readonly ok: true
  readonly images: Readonly<Record<ImageKind, string>>
}

/**
 * Compares what the engine has with this source: about a tenth of a second. The base that an image stands on is taken as it is: a newer
 * base is `lab:setup`'s business.
 */
export async function requireImages(
  docker: Docker,
  wanted: Promise<readonly ImageContent[]> = imageContents(),
): Promise<Images | Failure<'images-missing' | 'images-stale' | 'architecture-unsupported'>> {
  const [contents, { Architecture }, built] = await Promise.all([wanted, docker.info(), builtImages(docker)])
  const runtime = runtimeId(Architecture)
  if (!runtime.ok) return runtime
  const missing = IMAGE_KINDS.filter((kind) => !built.some((image) => image.kind === kind))
  if (missing.length > 0) {
    return failure(
      'images-missing',
      `the engine has no image for ${missing.join(', ')}`,
      'Run `npm run lab:setup` (installed: `peerlab setup`).',
    )
  }
  const images: Partial<Record<ImageKind, string>> = {}
  for (const content of contents) {
    const fresh = built.find((image) => image.kind === content.kind && image.content === contentHash(content, runtime.id, image.base))
    if (fresh) images[content.kind] = fresh.tag
  }
  const stale = IMAGE_KINDS.filter((kind) => images[kind] === undefined)
  if (stale.length > 0) {
    return failure(
      'images-stale',
      `the engine's images for ${stale.join(', ')} were built from other sources than these`,
      'Run `npm run lab:setup` (installed: `peerlab setup`): it rebuilds what changed.',
    )
  }
  return { ok: true, images: images as Record<ImageKind, string> }
}

/** An image of ours on the engine. */
export interface BuiltImage {
  readonly id: string
  readonly kind: ImageKind
  readonly content: string
  readonly base: string
  /** `peerlab/node:0123456789ab` */
  readonly tag: string
}

/** Images of ours that carry their content's tag. */
export async function builtImages(docker: Docker): Promise<readonly BuiltImage[]> {
  const listed = await docker.listImages({ filters: { label: [IMAGE_LABELS.content] } })
  return listed.flatMap((image) => {
    const labels = image.Labels ?? {}
    const kind = IMAGE_KINDS.find((each) => each === labels[IMAGE_LABELS.kind])
    const content = labels[IMAGE_LABELS.content] ?? ''
    const tag = kind && `${repositoryOf(kind)}:${content}`
    if (!kind || !tag || !image.RepoTags?.includes(tag)) return []
    return [{ id: image.Id, kind, content, base: labels[IMAGE_LABELS.base] ?? '', tag }]
  })
}
