/**
 * engine/sim/sweep: every single failure of a topology, and every pair, tried on a simulated lab: what each did to the VIPs, whether its repair left
 * the lab as it was, and the line of the files that would have saved what was lost.
 *
 * Refuses: threads and terminals (cli), and promises. Imports all of sim but its driver, the plan, and model.
 */
export { batchesOf } from './batches.ts'
export { explained, Files, type TopologyTexts } from './causes/index.ts'
export { combinations, failuresOf } from './failures.ts'
export { worstFirst } from './order.ts'
export { Sweeper, type SweeperOptions } from './sweeper.ts'
export { vipsOf } from './watch.ts'
