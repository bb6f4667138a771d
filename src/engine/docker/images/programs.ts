/** What each image carries. The one list of images and of the programs that are bundled for containers. */
import type { ImageKind } from '../protocol.ts'

export const IMAGE_KINDS: readonly ImageKind[] = ['router-frr', 'router-gobgp', 'node', 'client', 'wiring']

/** Entry points in `src/engine/docker/programs/<name>.ts`; each is one bundle, `/opt/peerlab/programs/<name>.js` in the image. */
export const PROGRAMS = ['router', 'node', 'admin', 'client', 'wiring'] as const
export type ProgramName = (typeof PROGRAMS)[number]

/** An image is rebuilt when one of its own programs changed, and left alone otherwise. */
export const PROGRAMS_OF: Readonly<Record<ImageKind, readonly ProgramName[]>> = {
  'router-frr': ['router'],
  'router-gobgp': ['router'],
  node: ['node', 'admin'],
  client: ['client'],
  wiring: ['wiring'],
}

/** Labels on images, beside `LABELS.project`. */
export const IMAGE_LABELS = {
  /** Which image it is: an `ImageKind`, or `base`. */
  kind: 'peerlab.image',
  /** Hash over everything that went in. */
  content: 'peerlab.content',
  /** The id of the base image that it was built on. */
  base: 'peerlab.base',
} as const

/** `peerlab/router-frr` */
export function repositoryOf(kind: ImageKind): string {
  return `peerlab/${kind}`
}
