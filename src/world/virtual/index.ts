/**
 * world/virtual: the ports on a deterministic event queue, with hosts and connections in memory. The first stone of the simulator.
 *
 * Refuses: real time, promises, `node:` modules, routes and forwarding of its own (a test says where a VIP's traffic goes), and anything that knows BGP.
 * Imports net, model and the ports.
 */
export { type HostContext, type HostMachine, type HostMemory, VirtualHost } from './host.ts'
export type { Forwarding } from './network.ts'
export { type Guard, type ProcessOptions, startProcess } from './process.ts'
export { EventQueue, laneOf, type Scheduled } from './queue.ts'
export { flowOf, type Segment, type SegmentHead } from './segment.ts'
export { Stack, type Wire } from './stack.ts'
export { type UniverseOptions, VirtualUniverse, type VirtualWorld, type WorldOptions } from './universe.ts'
export { DEFAULT_EPOCH_SECONDS } from './wall-time.ts'
