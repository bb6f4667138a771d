/** What an image is made of, and the hash that stands for it. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageKind } from '../protocol.ts'
import { type Bundles, bundlePrograms } from './bundle.ts'
import { IMAGE_KINDS, PROGRAMS_OF } from './programs.ts'
import { packageRoot } from './root.ts'

/** One image's inputs, without its base and its Node, which belong to the engine. */
export interface ImageContent {
  readonly kind: ImageKind
  readonly dockerfile: Uint8Array
  /** Bundles by file name, `router.js`. */
  readonly programs: ReadonlyMap<string, Uint8Array>
}

/** The inputs of every image, from this package's files. */
export async function imageContents(): Promise<readonly ImageContent[]> {
  const [bundles, dockerfiles] = await Promise.all([
    bundlePrograms(),
    Promise.all(IMAGE_KINDS.map((kind) => readFile(join(packageRoot, 'lab/images', kind, 'Dockerfile')))),
  ])
  return IMAGE_KINDS.map((kind, index) => ({ kind, dockerfile: dockerfiles[index]!, programs: programsIn(kind, bundles) }))
}

function programsIn(kind: ImageKind, bundles: Bundles): ReadonlyMap<string, Uint8Array> {
  return new Map(PROGRAMS_OF[kind].flatMap((name) => (bundles.has(name) ? [[`${name}.js`, bundles.get(name)!]] : [])))
}

/** Twelve hex digits over the Dockerfile, the bundles, the Node (`runtimeId`) and the base image's id. */
export function contentHash(content: ImageContent, runtime: string, base: string): string {
  const hash = createHash('sha256')
  // Every part is preceded by its name and length, so that no two different lists read alike.
  const add = (name: string, bytes: Uint8Array | string) => hash.update(`${name} ${bytes.length}\n`).update(bytes)
  add('dockerfile', content.dockerfile)
  for (const [file, bytes] of content.programs) add(file, bytes)
  add('runtime', runtime)
  add('base', base)
  return hash.digest('hex').slice(0, 12)
}
