/** Speaker events as log lines, in the words that the reproduced system logs (R40). */
import type { SessionState } from '../model/index.ts'
import { formatIpv4, formatPrefix, formatPrefix6 } from '../net/index.ts'
import type { SpeakerEvent } from './events.ts'
import { asnsOf, describeNotification, explain, findAttribute, type Nlri, type Nlri6, type UpdateMessage } from './wire/index.ts'

/** `BGP_FSM_ESTABLISHED` */
export function fsmName(state: SessionState): string {
  return `BGP_FSM_${state.toUpperCase()}`
}

/** One line, without time or level: `state changed Key=10.8.0.10 new=BGP_FSM_ACTIVE old=BGP_FSM_IDLE reason=idle-hold-timer-expired`. */
export function describeEvent(event: SpeakerEvent): string {
  switch (event.type) {
    case 'state':
      return `state changed Key=${event.peerAddress} new=${fsmName(event.to)} old=${fsmName(event.from)} reason=${event.reason}`
    case 'established':
      return `Peer Up Key=${event.peerAddress} hold=${event.negotiated.holdTimeSeconds} addPathSend=${event.negotiated.addPath.send}`
    case 'update-sent': {
      const routes = event.announced.map(({ nextHop, nlri }) => `{Nexthop: ${formatIpv4(nextHop)}} nlri="${list(nlri)}"`)
      const { announced = [], withdrawn = [] } = event.ipv6 ?? {}
      const routes6 = announced.map(({ nextHop, nlri }) => `{Nexthop: ${nextHop}} nlri="${list(nlri)}"`)
      const withdrawals = `withdrawals="${list([...event.withdrawn, ...withdrawn])}"`
      return `sent update Key=${event.peerAddress} ${[...routes, ...routes6, withdrawals].join(' ')}`
    }
    case 'routes-oversized':
      return `cannot announce Key=${event.peerAddress} prefixes="[${event.prefixes.slice(0, SHOWN).join(' ')}]" count=${event.prefixes.length} detail="the path attributes do not fit into a message"`
    case 'update-received': {
      const { attributes } = event.update
      const { nlri, withdrawn } = routesOf(event.update)
      const path = asnsOf(findAttribute(attributes, 'as-path')?.segments ?? []).join(' ')
      const hop = findAttribute(attributes, 'next-hop')
      const shown = hop ? `${path} {Nexthop: ${formatIpv4(hop.address)}}` : path
      return `received update Key=${event.peerAddress} attributes="[${shown}]" nlri="${list(nlri)}" withdrawals="${list(withdrawn)}"${errorsOf(event.update)}`
    }
    case 'end-of-rib':
      return `${event.direction} End-of-RIB Key=${event.peerAddress} family=${event.family}`
    case 'route-refresh': {
      const ignored = event.ignored === undefined ? '' : ` ignored="${event.ignored}"`
      return `${event.direction} route refresh Key=${event.peerAddress} family=${event.family} subtype=${event.subtype}${ignored}`
    }
    case 'routes-stale':
      return `routes stale Key=${event.peerAddress} families="[${event.families.join(' ')}]" seconds=${event.seconds}`
    case 'routes-changed':
      return `routes changed Key=${event.peerAddress} prefixes="[${event.prefixes.slice(0, SHOWN).join(' ')}]" count=${event.prefixes.length}`
    case 'keepalive-sent':
      return `sent keepalive Key=${event.peerAddress}`
    case 'notification': {
      const detail = event.detail === '' ? '' : ` detail="${event.detail}"`
      return `${event.direction} notification Key=${event.peerAddress} ${describeNotification(event.code, event.subcode)}${detail}`
    }
    case 'listening':
      return `listening on ${event.address}:${event.port}`
    case 'listen-failed':
      return `cannot listen: ${event.reason}: ${event.detail}`
  }
}

/** A full table in one line helps nobody. */
const SHOWN = 20

function routesOf({ attributes, nlri, withdrawn }: UpdateMessage) {
  const reach = findAttribute(attributes, 'mp-reach')
  const unreach = findAttribute(attributes, 'mp-unreach')
  if (reach === undefined && unreach === undefined) return { nlri, withdrawn }
  return {
    nlri: [...nlri, ...(reach?.nlri ?? []), ...(reach?.nlri6 ?? [])],
    withdrawn: [...withdrawn, ...(unreach?.nlri ?? []), ...(unreach?.nlri6 ?? [])],
  }
}

/** ` errors="treat-as-withdraw: ORIGIN at octet 23: ORIGIN is 7"`, RFC 7606 §8: what was survived is said too. */
function errorsOf({ errors }: UpdateMessage): string {
  return errors.length === 0 ? '' : ` errors="${errors.map((error) => `${error.action}: ${explain(error)}`).join('; ')}"`
}

function list(routes: readonly (Nlri | Nlri6)[]): string {
  const shown = routes.slice(0, SHOWN).map((nlri) => `${prefixText(nlri)}${nlri.pathId === 0 ? '' : ` id ${nlri.pathId}`}`)
  const more = routes.length > SHOWN ? [`and ${routes.length - SHOWN} more`] : []
  return `[${[...shown, ...more].join(', ')}]`
}

function prefixText({ address, length }: Nlri | Nlri6): string {
  return typeof address === 'number' ? formatPrefix({ address, length }) : formatPrefix6({ address, length })
}
