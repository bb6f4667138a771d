/**
 * sim/driver: the simulator as a `Lab`. The one door between what is synchronous and in virtual time and whoever waits for it with promises.
 *
 * Refuses: to move time while a scenario runs, and anything of the network or the routers themselves. Imports all of sim, which knows nothing of it.
 */

export type { SimulatedProcess, SimulatedProgram } from '../shell/programs.ts'
export { Driver, type DriverOptions } from './driver.ts'
export { createSimLab, type SimLabOptions } from './lab.ts'
