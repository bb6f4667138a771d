import type { TimerProfile } from '../../model/index.ts'
import type { Endpoint } from '../../world/index.ts'

/** What a node's agent is told; plain JSON, since it is sent to the node's container. Everything else it reads from the API. */
export interface AgentConfig {
  /** The node's name: that of its Node and its Lease. */
  readonly node: string
  /** The node's own IP: calls to the API and the control plane's sessions start from it. */
  readonly address: string
  /**
   * Where the resource API is reached, in band: at the CP VIP; on a control-plane node at its own address, where its own API listens; or at the
   * store itself, past them all.
   */
  readonly api: Endpoint
  readonly timers: TimerProfile
  /** It takes VIP traffic: VIPs are local to it, with rules to their backends. */
  readonly loadBalancer: boolean
  /** On control-plane nodes only, and enough by itself: this speaker needs no API (R15). */
  readonly controlPlane?: ControlPlaneSpeakerConfig
}

export interface ControlPlaneSpeakerConfig {
  readonly localAsn: number
  /** The CP VIP, an address; announced as /32 with the node's own IP as next hop (R4). */
  readonly vip: string
  readonly peers: readonly { readonly address: string; readonly asn: number }[]
  /** It serves the API at the VIP and at the node's own address; absent, the VIP is announced with nothing behind it. */
  readonly front?: {
    /** `controlPlaneLBPort` (R27). */
    readonly port: number
    readonly upstream: Endpoint
  }
  /** Withdraws the VIP while the API here is not healthy. Off where absent: the document says nothing of it. */
  readonly withdrawUnhealthy?: boolean
}
