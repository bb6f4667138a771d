/**
 * engine/sim/net: the simulated network below the programs: links, Ethernet segments, neighbours, forwarding, service rules, virtual
 * gateways, and the World of every program on a device.
 *
 * Refuses: BGP and anything that a routing daemon decides, the cluster's meaning, promises and real time. Imports net, model, world and the plan.
 */
export type * from './api.ts'
export { createFabric } from './fabric.ts'
