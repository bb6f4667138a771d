/**
 * report: what is drawn from the event stream and from verdicts: lines for a terminal, NDJSON, the run's JSON, timelines and tables.
 *
 * Refuses: I/O, decisions about verdicts, and knowledge of engines and scenarios beyond their records. Imports net and model.
 */
export { diagnosticLines } from './diagnostics.ts'
export { type FailureOptions, failureLines } from './failure.ts'
export { ndjsonLine } from './ndjson.ts'
export { type RunReport, runReport } from './run-report.ts'
export { allRouteLines, routeLines, sessionLines } from './tables.ts'
export { keptLines, type Lab as LabSummary, type Screen, Terminal, type TerminalOptions } from './terminal.ts'
export { aligned, COLOUR, folded, PLAIN, printable, type Style, table } from './text.ts'
export { offset, type TimelineOptions, timeline } from './timeline.ts'
