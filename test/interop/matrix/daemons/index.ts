import type { Daemon, DaemonKind } from '../terms.ts'
import { bird } from './bird.ts'
import { frr } from './frr.ts'
import { gobgp } from './gobgp.ts'
import { openbgpd } from './openbgpd.ts'

export const daemons: Readonly<Record<DaemonKind, Daemon>> = { frr, gobgp, bird, openbgpd }
