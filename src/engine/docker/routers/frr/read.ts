/**
 * bgpd's JSON (FRR 8.4.4) read into the model: `show bgp ipv4 unicast json detail`, which unlike the table without `detail` has path
 * IDs, and `show bgp neighbors json`.
 */
import { MILLISECOND, type Micros, type Route, type RoutePath, type Session, type SessionState } from '../../../../model/index.ts'
import type { RouterPlan } from '../../../../topology/plan.ts'
import { sortPaths, sortSessions } from '../driver.ts'

export interface FrrNeighbor {
  readonly remoteAs?: number
  readonly localAs?: number
  readonly bgpState?: string
  readonly bgpTimerHoldTimeMsecs?: number
  readonly updateSource?: string
  readonly hostLocal?: string
  readonly connectionsEstablished?: number
  /** Whole seconds. */
  readonly bgpTimerUpMsec?: number
  readonly externalBgpNbrMaxHopsAway?: number
  readonly lastResetDueTo?: string
  readonly lastErrorCodeSubcode?: string
  readonly lastNotificationReason?: string
  readonly neighborCapabilities?: { readonly addPath?: { readonly ipv4Unicast?: Readonly<Record<string, boolean>> } }
  readonly addressFamilyInfo?: {
    readonly ipv4Unicast?: { readonly acceptedPrefixCounter?: number; readonly inboundEbgpRequiresPolicy?: string }
  }
}

export type FrrNeighbors = Readonly<Record<string, FrrNeighbor>>

interface FrrPath {
  /** The first element of a prefix's list describes the prefix and has neither. */
  readonly aspath?: { readonly segments?: readonly { readonly list?: readonly number[] }[] }
  readonly peer?: { readonly peerId?: string }
  readonly valid?: boolean
  readonly multipath?: boolean
  readonly bestpath?: { readonly overall?: boolean }
  readonly addpathRxId?: number
  readonly sourced?: boolean
  readonly stale?: boolean
  readonly removed?: boolean
  readonly nexthops?: readonly { readonly ip?: string; readonly accessible?: boolean; readonly used?: boolean }[]
}

export interface FrrTable {
  readonly routes?: Readonly<Record<string, readonly FrrPath[]>>
}

/** RFC 4271 §8.2.2 names; FRR adds `Clearing` and `Deleted`, in which a session is on its way down. */
const STATES: readonly string[] = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established']

/** `at`: when bgpd was asked. */
export function readFrrSessions(plan: RouterPlan, neighbors: FrrNeighbors, at: Micros): Session[] {
  const sessions: Session[] = []
  for (const [address, neighbor] of Object.entries(neighbors)) {
    if (typeof neighbor !== 'object' || neighbor.remoteAs === undefined) continue
    const planned = plan.neighbors.find((candidate) => candidate.address === address)
    const state = (STATES.includes(neighbor.bgpState ?? '') ? neighbor.bgpState : 'Idle') as SessionState
    const up = state === 'Established'
    const bound = neighbor.hostLocal === undefined || neighbor.hostLocal === 'Unknown' ? undefined : neighbor.hostLocal
    const addPath = neighbor.neighborCapabilities?.addPath?.ipv4Unicast ?? {}
    const family = neighbor.addressFamilyInfo?.ipv4Unicast
    const reason = up ? policyReason(address, family?.inboundEbgpRequiresPolicy) : neighbor.lastResetDueTo
    sessions.push({
      device: plan.name,
      localAddress: neighbor.updateSource ?? bound ?? planned?.updateSource ?? '0.0.0.0',
      peerAddress: address,
      localAsn: neighbor.localAs ?? plan.asn,
      peerAsn: neighbor.remoteAs,
      state,
      establishedCount: neighbor.connectionsEstablished ?? 0,
      addPath: {
        receive: up && addPath.rxAdvertised === true && addPath.txReceived === true,
        send: up && addPath.txAdvertised === true && addPath.rxReceived === true,
      },
      ...(up && neighbor.bgpTimerUpMsec !== undefined ? { upSince: at - neighbor.bgpTimerUpMsec * MILLISECOND } : {}),
      ...(up && neighbor.bgpTimerHoldTimeMsecs !== undefined ? { holdTimeSeconds: neighbor.bgpTimerHoldTimeMsecs / 1000 } : {}),
      ...(up && family?.acceptedPrefixCounter !== undefined ? { prefixesReceived: family.acceptedPrefixCounter } : {}),
      ...(reason === undefined ? {} : { reason }),
    })
  }
  return sortSessions(sessions)
}

/** RFC 8212: established, and still every route is dropped. */
function policyReason(address: string, discarded: string | undefined): string | undefined {
  if (discarded === undefined) return undefined
  return `every received route is dropped, no import policy (RFC 8212) → no bgp ebgp-requires-policy, or neighbor ${address} route-map … in`
}

export function readFrrRoutes(plan: RouterPlan, table: FrrTable, neighbors: FrrNeighbors): Route[] {
  const routes: Route[] = []
  for (const [prefix, list] of Object.entries(table.routes ?? {})) {
    const paths = list.filter((path) => path.nexthops !== undefined && path.peer !== undefined && path.removed !== true)
    const best = paths.find((path) => path.bestpath?.overall === true)
    const used = paths.filter((path) => path.multipath === true || path === best)
    const read = paths.map((path): RoutePath => {
      const from = path.peer?.peerId === undefined || path.sourced === true ? '0.0.0.0' : path.peer.peerId
      const multipath = used.includes(path)
      const whyNot = multipath ? undefined : reasonFor(path, from, best, used, plan, neighbors)
      return {
        nextHop: nextHopOf(path),
        from,
        ...(path.addpathRxId === undefined || path.addpathRxId === 0 ? {} : { pathId: path.addpathRxId }),
        asPath: asPathOf(path),
        valid: path.valid === true,
        best: path === best,
        multipath,
        ...(whyNot === undefined ? {} : { whyNot }),
      }
    })
    if (read.length > 0) routes.push({ device: plan.name, prefix, paths: sortPaths(read) })
  }
  return routes
}

function nextHopOf(path: FrrPath): string {
  return (path.nexthops?.find((hop) => hop.used === true) ?? path.nexthops?.[0])?.ip ?? '0.0.0.0'
}

function asPathOf(path: FrrPath): number[] {
  return (path.aspath?.segments ?? []).flatMap((segment) => segment.list ?? [])
}

function reasonFor(
  path: FrrPath,
  from: string,
  best: FrrPath | undefined,
  used: readonly FrrPath[],
  plan: RouterPlan,
  neighbors: FrrNeighbors,
): string {
  const nextHop = nextHopOf(path)
  if (path.valid !== true) {
    if (path.nexthops?.some((hop) => hop.accessible === true) === true) return 'not valid'
    const multihop = (neighbors[from]?.externalBgpNbrMaxHopsAway ?? 1) > 1
    if (from === '0.0.0.0') return 'this router has no such route itself (bgp network import-check)'
    if (multihop) return `next hop ${nextHop} is not reachable: this router has no route to it`
    return `next hop not on a connected subnet, and the peer is single-hop → neighbor ${from} ebgp-multihop`
  }
  if (best === undefined) return 'best-path selection has not run yet'
  if (asPathOf(path).length > asPathOf(best).length) return 'its AS path is longer than the best one'
  const twin = used.find((other) => nextHopOf(other) === nextHop)
  if (twin !== undefined) return 'its next hop is already in use through another path'
  if (new Set(used.map(nextHopOf)).size >= plan.maximumPaths)
    return `maximum-paths ${plan.maximumPaths} is reached → maximum-paths ${plan.maximumPaths + 1} or more`
  return 'not equal to the best path'
}
