/**
 * world: the ports through which protocol and controller code reaches time, chance, connections, calls and the host's network stack.
 *
 * `real/` implements them on Node and the kernel, `virtual/` on a deterministic event queue. Refuses: anything that knows BGP or the cluster.
 * Imports net and model. Only `real/` uses `node:` modules.
 */
export type * from './ports.ts'
