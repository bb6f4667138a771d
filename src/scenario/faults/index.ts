/** Faults, one file each: every one rests on one capability of the lab and knows its undo. */
export { daemonKill, daemonStart } from './daemon.ts'
export { resourceEdit } from './edit.ts'
export type { Fault, FaultKind } from './fault.ts'
export { linkDown, linkUp } from './link.ts'
export { powerOff, powerOn } from './power.ts'
export { sessionReset } from './session.ts'
