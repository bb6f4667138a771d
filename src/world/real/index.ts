/**
 * world/real: the ports on Node and the kernel: monotonic clock, `node:net`, `node:http`, and ip(8), nft(8), conntrack(8) and arping(8) for the host.
 *
 * Refuses: anything that knows BGP or the cluster, and touching addresses, routes or tables that it did not make (its marks: host-plan.ts).
 * Imports net, model and the ports; the only room below engine/ that may import `node:` modules.
 */
export { createRealWorld, type RealWorldOptions } from './world.ts'
