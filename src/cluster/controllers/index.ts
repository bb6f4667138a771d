/**
 * cluster/controllers: what the admin host runs. `ControlPlane` is the store, its server, and the controllers for floating IPs, peering and
 * the balancer.
 *
 * Refuses: sessions and hosts (the agents have those), and reading files. Imports net, model, world and the rest of cluster, save the agent.
 */
export { BalancerController } from './balancer.ts'
export { ControlPlane, type ControlPlaneConfig } from './control-plane.ts'
export { PeeringController, type PeeringControllerOptions } from './peering.ts'
export { Reconciler } from './reconciler.ts'
export { type ServiceSeed, seed, serviceDraft } from './seed.ts'
