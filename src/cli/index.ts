/**
 * cli: one file for each command; exit codes, terminal and files are decided here. An engine is loaded only by a command that uses it.
 *
 * Refuses: to know BGP or the cluster. Imports report, scenario, engine (by dynamic import), topology, model and net.
 */
export { EXIT } from './exit.ts'
export { main } from './run.ts'
