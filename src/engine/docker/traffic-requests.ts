/** What the lab asks the programs on nodes and clients about traffic: the words between `traffic.ts`, `programs/client.ts` and the backends. */
import type { ConnectResult, ProbeFlow } from '../lab.ts'

export type { BackendAnswer } from '../flow.ts'

export interface ClientStart {
  readonly device: string
  /** Address → name of every cluster node, to tell which LB node a flow crossed. */
  readonly nodes: Readonly<Record<string, string>>
}

export interface ProbeStart {
  readonly name: string
  readonly vip: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  readonly flows: number
  readonly packetsPerSecond: number
}

export interface ProbeNodes {
  /** The LB node that each flow crossed last; null where no answer has come. */
  readonly nodes: readonly (string | null)[]
}

export interface ProbeEnd {
  readonly flows: readonly ProbeFlow[]
}

export interface FanOutStart {
  readonly vip: string
  readonly port: number
  readonly flows: number
}

export interface FanOutEnd {
  readonly flows: readonly { readonly sourcePort: number; readonly node: string | null }[]
}

export interface ConnectStart {
  readonly vip: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  readonly attempts: number
}

export type ConnectEnd = ConnectResult

/** Where a node serves as a backend: its own address and the Services' target ports. */
export interface BackendStart {
  readonly node: string
  readonly address: string
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number }[]
}
