/**
 * scenario: what to break and what must then be so, as sentences. Conditions are data and wake on events; faults know their undo; a negative
 * control shows that an assertion can fail. Imported by scenario files as `peerlab/scenario`.
 *
 * Refuses: knowledge of any engine beyond its port, sleeping, polling, and output. Only host/ uses `node:` modules. Imports engine (the port,
 * the log and the view), topology (the plan), model and net.
 */
export { formatDuration, type Micros } from '../model/index.ts'
export { audit } from './audit.ts'
export { ClusterHandle, type Edited, ResourceHandle, type ResourceName } from './cluster.ts'
export type { Condition, Evaluation } from './condition.ts'
export { judgeControl } from './controls.ts'
export {
  type Body,
  type Context,
  type Control,
  type Need,
  type Scenario,
  type ScenarioOptions,
  scenario,
  type TopologyOptions,
  type Variant,
} from './definition.ts'
export { AssertionFailed, Cancelled, ScenarioError } from './errors.ts'
export { type Executed, type ExecuteOptions, execute } from './execute.ts'
export type { Expect } from './expect/index.ts'
export type { Held, Hop, Moment, Moved, TableWish, Wish } from './expect/wish.ts'
export {
  type Attempts,
  ClientHandle,
  type Failed,
  FloatingIpHandle,
  NodeHandle,
  ProbeHandle,
  RouterHandle,
  Scene,
  torNames,
} from './handles.ts'
export { ProgramHandle } from './programs.ts'
export type { Injected, Length } from './run.ts'
export {
  type Engine,
  fitFor,
  type LoadPlan,
  type OpenOptions,
  type PlannedJob,
  planJobs,
  type Reporter,
  type RunnerOptions,
  runJobs,
  type Unfit,
} from './runner.ts'
export { type Found, type Job, parseRouters, ROUTER_SETS, type RouterSet, type Selection, selectJobs, topologyJob } from './select.ts'
export { alarmOf } from './wait.ts'
