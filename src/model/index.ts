/**
 * model: what every room speaks of: sessions, routes, events, timers, and diagnostics with positions in a user's file.
 *
 * Refuses: I/O, time and chance, and knowledge of any daemon or engine. Imports net, and the `yaml` package for text.
 */
export { type Diagnostic, formatDiagnostic, hasErrors, inFileOrder, type Position } from './diagnostics.ts'
export type { LabEvent, LabEventBody, ResourceObject } from './events.ts'
export { sourceFrame } from './frame.ts'
export { editDistance, nearest } from './nearest.ts'
export type { AssertionResult, Difference, DifferenceRow, ScenarioResult, SourcePlace, Verdict } from './results.ts'
export { type FibNextHop, type FibRoute, fibNextHops, type Route, type RoutePath, type Session, type SessionState } from './routes.ts'
export {
  anything,
  type Checked,
  check,
  choose,
  type DeepPartial,
  describe,
  diagnose,
  type Finding,
  INVALID,
  type Infer,
  type Invalid,
  isMapping,
  list,
  mapped,
  type ObjectOptions,
  type OptionalSchema,
  object,
  optional,
  type Place,
  placeIn,
  record,
  refine,
  type Schema,
  type Shape,
  withDefault,
  wrongType,
} from './schema.ts'
export {
  type AddressRange,
  addressRange,
  asn,
  boolean,
  durationValue,
  inRange,
  ipv4Address,
  ipv4Prefix,
  number,
  oneOf,
  parseAddressRange,
  string,
} from './schema-values.ts'
export {
  type BriefLoss,
  type BrokenPath,
  type Cause,
  type CausePlace,
  FAILURE_KINDS,
  type Failure,
  type FailureKind,
  LEAST_OUTAGE,
  type NextHopChange,
  type Repair,
  type Survival,
  type SweepCase,
  type SweepResult,
} from './sweep.ts'
export { duration, formatDuration, MILLISECOND, type Micros, SECOND } from './time.ts'
export { TIMER_PROFILES, type TimerProfile } from './timers.ts'
export { formatPath, type Path, readDocuments, type YamlDocument, type YamlFile } from './yaml.ts'
