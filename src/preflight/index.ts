/**
 * preflight: tries on a running lab, before there is a cluster, what R34 asks of every control-plane node and every peer of it, and gathers the
 * facts that cluster/preflight judges.
 *
 * Refuses: verdicts of its own, knowledge of any engine beyond its port, and output. Imports engine (the port), topology (the plan), cluster,
 * model and net.
 */
export { DEFAULT_PATIENCE, type Patience, type PreflightOptions, type PreflightRun, patienceOf, preflight } from './run.ts'
