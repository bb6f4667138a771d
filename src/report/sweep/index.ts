/** report/sweep: a sweep's survival table for a terminal, and as a page. Imports model and report's text. */
export { type SweepLineOptions, sweepLines } from './lines.ts'
export { type PageOptions, sweepPage } from './page.ts'
