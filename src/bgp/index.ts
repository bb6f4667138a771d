/**
 * bgp: a BGP-4 speaker as a library of its own.
 *
 * Refuses: time, chance and sockets of its own (they come through the World's ports), promises, and anything that knows the cluster.
 * Imports net, model and the ports of world.
 */
export * as wire from './wire/index.ts'
