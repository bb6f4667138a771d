/**
 * report/fidelity: two runs of one scenario on two engines side by side, from their event logs. Every difference is told in words; what may differ by
 * right is data, with its reason.
 *
 * Refuses: knowledge of which engines they were, and I/O. Imports net, model and report/diff.
 */
export { ALLOWANCES, type Allowance, BEHAVIOURS, type Behaviour, TEXTS, toleranceOf } from './behaviours.ts'
export { compareRuns, patienceOf } from './compare.ts'
export type { Comparison, Counts, Disagreement } from './comparison.ts'
export { comparisonLines, type Sides } from './lines.ts'
export { fidelityPage } from './page.ts'
export { agrees, type ComparedRun, type FidelityReport } from './report.ts'
