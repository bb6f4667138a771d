/**
 * model: what every room speaks of: sessions, routes, events, timers, and diagnostics with positions in a user's file.
 *
 * Refuses: I/O, time and chance, and knowledge of any daemon or engine. Imports net.
 */
export { type Diagnostic, formatDiagnostic, type Position } from './diagnostics.ts'
export type { LabEvent, LabEventBody } from './events.ts'
export { type FibNextHop, type FibRoute, fibNextHops, type Route, type RoutePath, type Session, type SessionState } from './routes.ts'
export { duration, formatDuration, MILLISECOND, type Micros, SECOND } from './time.ts'
export { TIMER_PROFILES, type TimerProfile } from './timers.ts'
