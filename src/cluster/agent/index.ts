/**
 * cluster/agent: what a node runs. `Agent` joins the lease, the floating IPs with their speakers, the VIP data plane and the reports.
 *
 * Refuses: deciding anything (the controllers do), and any word to the host but through the world's ports. Imports net, model, world, bgp
 * and cluster/api.
 */
export { Agent, type AgentStatus } from './agent.ts'
export type { AgentConfig, ControlPlaneSpeakerConfig } from './config.ts'
export type { ControlPlaneStatus } from './control-plane.ts'
export type { HoldingState } from './holding.ts'
export { vipDataPlane } from './services.ts'
export type { NodeRoute, NodeSession } from './speaker.ts'
