/** Speaker events as log lines, in the words that the reproduced system logs (R40). */
import type { SessionState } from '../model/index.ts'
import { formatIpv4, formatPrefix } from '../net/index.ts'
import type { SpeakerEvent } from './events.ts'
import { asnsOf, describeNotification, findAttribute, type Nlri } from './wire/index.ts'

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
      return `sent update Key=${event.peerAddress} ${[...routes, `withdrawals="${list(event.withdrawn)}"`].join(' ')}`
    }
    case 'update-received': {
      const { attributes, nlri, withdrawn } = event.update
      const path = asnsOf(findAttribute(attributes, 'as-path')?.segments ?? []).join(' ')
      const hop = findAttribute(attributes, 'next-hop')
      const shown = hop ? `${path} {Nexthop: ${formatIpv4(hop.address)}}` : path
      return `received update Key=${event.peerAddress} attributes="[${shown}]" nlri="${list(nlri)}" withdrawals="${list(withdrawn)}"`
    }
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

function list(routes: readonly Nlri[]): string {
  const shown = routes.slice(0, SHOWN).map((nlri) => `${formatPrefix(nlri)}${nlri.pathId === 0 ? '' : ` id ${nlri.pathId}`}`)
  const more = routes.length > SHOWN ? [`and ${routes.length - SHOWN} more`] : []
  return `[${[...shown, ...more].join(', ')}]`
}
