import { controlPlaneSessions } from '../peering.ts'
import type { ClusterModel } from '../resources/model.ts'

/** One try: a control-plane node and one of its peers (R12). */
export interface Cell {
  readonly node: string
  /** The node's own IP: where the session starts (R5), and the next hop that it announces (R4). */
  readonly localIP: string
  readonly localASN: number
  readonly peerIP: string
  readonly peerASN: number
}

/** In the order of nodes, then of peers. */
export function cellsOf(model: Pick<ClusterModel, 'nodes' | 'cpNodes' | 'cpPeers' | 'localAsn'>): Cell[] {
  return controlPlaneSessions(model).map(({ nodeName, localIP, localASN, peerIP, peerASN }) => ({
    node: nodeName,
    localIP,
    localASN,
    peerIP,
    peerASN,
  }))
}

/** `node-01 → 10.8.0.10` */
export function cellName(cell: Pick<Cell, 'node' | 'peerIP'>): string {
  return `${cell.node} → ${cell.peerIP}`
}
