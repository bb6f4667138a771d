import type { Announcer, Subject } from '../terms.ts'
import { bird } from './bird.ts'
import type { AnnouncingDaemon, Daemon } from './daemon.ts'
import { frr } from './frr.ts'
import { gobgp } from './gobgp.ts'
import { openbgpd } from './openbgpd.ts'
import { peerlab } from './peerlab.ts'

export const DAEMONS: Readonly<Record<Subject, Daemon>> = { peerlab, gobgp, frr, bird, openbgpd }
export const ANNOUNCING: Readonly<Record<Announcer, AnnouncingDaemon>> = { peerlab, gobgp, bird }
