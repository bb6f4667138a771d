/**
 * bgp: a BGP-4 speaker as a library of its own.
 *
 *     const speaker = new Speaker(world, { localAddress, localAsn, peers: [{ peerAddress, peerAsn }] }, (event) => …)
 *     speaker.announce([{ prefix: '10.0.0.1/32', nextHops: ['10.0.1.11', '10.0.2.12'], singleNextHop: '10.0.1.11' }])
 *     speaker.stop(() => …)          // Cease, FIN, then this
 *
 * Layers, each usable alone: `wire` (bytes ↔ messages), `step` (the FSM, a pure function), `Session` (one connection), `rib/` (what was
 * received, what is announced), `Speaker` (peers and routes). `announce` takes the whole set each time and tells every session the
 * difference: all next hops with stable path identifiers where ADD-PATH was negotiated, the one `singleNextHop` elsewhere. What a peer may
 * be offered beyond that (IPv6 unicast, graceful restart, enhanced refresh, extended messages…) is in `PeerConfig`, off by default;
 * docs/rfc-status.md lists what is spoken and the tests that prove it. `decide` is the decision process alone, for a router of any kind.
 *
 * Refuses: time, chance and sockets of its own (they come through the World's ports), promises, iBGP, and anything that knows the
 * cluster or a routing table. Imports net, model and the ports of world.
 */
export { BGP_PORT, type GracefulRestartConfig, type PeerConfig, type SpeakerConfig } from './config.ts'
export type { SpeakerEvent } from './events.ts'
export { type Fsm, type FsmAction, type FsmConfig, type FsmEvent, type FsmStep, IDLE, step, TIMERS_OF, type TimerName } from './fsm.ts'
export { describeEvent } from './log.ts'
export type { Negotiated } from './negotiation.ts'
export type { PeerStatus } from './peer.ts'
export type { FamilyName } from './rib/adj-rib-in.ts'
export type { AnnouncedRoute } from './rib/announced.ts'
export type { PathAttributes, ReceivedPath } from './rib/attributes.ts'
export { type Candidate, type DecisionOptions, decide, describePath } from './rib/decision.ts'
export { Speaker } from './speaker.ts'
export * as wire from './wire/index.ts'
