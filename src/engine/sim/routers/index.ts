/**
 * sim/routers: routers as their daemons behave. Our own speaker and decision process; what differs between daemons is data (profiles.ts).
 *
 * Refuses: links, addresses and forwarding (../net has them), and a user's own configuration for a daemon. Imports net, model, world, bgp, the plan.
 */
export { type DaemonProfile, PROFILES, profileOf } from './profiles.ts'
export { Router, type RouterOptions } from './router.ts'
