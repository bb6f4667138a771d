/** Two moments side by side: what a change, a fault or another router does to sessions, routes, the FIB and traffic. */
export {
  type Change,
  compareSnapshots,
  type Diff,
  differs,
  type Facts,
  kernelRouteThing,
  routeThing,
  SECTIONS,
  type Section,
  type SectionDiff,
  sessionThing,
} from './compare.ts'
export { diffLines } from './lines.ts'
export type { Snapshot } from './snapshot.ts'
export { probesAt, type TrafficSeen } from './traffic.ts'
