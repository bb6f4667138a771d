/**
 * JSON lines between the lab and the program that is a device container's main process, over the container's one attached stream
 * (stdin and stdout). The container is started first, then wired, and only then told to `start`, so a program finds its interfaces there.
 */
import type { LabEvent } from '../../model/index.ts'

/** Lab → program. The first request is always `start`; its `args` are the program's whole configuration. */
export interface ProgramRequest {
  readonly id: number
  readonly op: string
  readonly args?: unknown
}

/** Program → lab: the answer to one request. */
export type ProgramReply =
  | { readonly type: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly error: string }

/** Program → lab: one JSON object a line. */
export type ProgramOutput = LabEvent | ProgramReply

/** Images, by what runs in them; the names on the engine are `peerlab/<image>:<content hash>`. */
export type ImageKind = 'router-frr' | 'router-gobgp' | 'node' | 'client' | 'wiring'

/** Labels on everything that the lab makes on an engine. */
export const LABELS = {
  /** Present on every container and image of ours. */
  project: 'peerlab',
  /** The lab's id. */
  lab: 'peerlab.lab',
  /** The device's name. */
  device: 'peerlab.device',
  /** `host/pid/start-time` of the process that owns the lab: what is left of a dead owner is reaped. */
  owner: 'peerlab.owner',
} as const

/** Where images keep the pinned Node and the bundles. */
export const NODE_IN_IMAGE = '/opt/peerlab/node'
export const PROGRAMS_IN_IMAGE = '/opt/peerlab/programs'
