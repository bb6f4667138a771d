/** Why a session is not Established, or an Established one carries less than was wanted, in the words of someone who would look into it. */
import { formatIpv4, type Ipv4 } from '../net/index.ts'
import { FAMILIES, type Negotiated } from './negotiation.ts'
import type { FamilyName } from './rib/adj-rib-in.ts'
import { describeNotification, ErrorCode, type NotificationMessage } from './wire/index.ts'

export interface Trouble {
  /** The FSM's reason (R40 words). */
  readonly reason: string
  /** What the code below knew more of: the kernel's message, the decoder's finding, what the other operator wrote. */
  readonly detail?: string
  /** What ended it, where that was a NOTIFICATION of either side for what the other said. */
  readonly notification?: Pick<NotificationMessage, 'code' | 'subcode' | 'data'> & { readonly direction: 'sent' | 'received' }
  /** Of a connection that the peer ended without a word: the NOTIFICATION before it. Most daemons refuse in silence for a while after one. */
  readonly told?: Trouble
}

/** `before`: what was known of a peer that has now ended a connection without a word; a NOTIFICATION of it still holds. */
export function troubleOf(reason: string, detail?: string, notification?: Trouble['notification'], before?: Trouble): Trouble {
  const told = before?.notification === undefined ? before?.told : before
  return {
    reason,
    ...(detail === undefined ? {} : { detail }),
    ...(notification === undefined ? {} : { notification }),
    ...(told === undefined ? {} : { told }),
  }
}

export interface Ends {
  readonly localAddress: string
  readonly peerAddress: string
  readonly port: number
  readonly localAsn: number
  readonly peerAsn: number
  readonly routerId: Ipv4
  readonly holdTimeSeconds: number
}

export function diagnose(trouble: Trouble, ends: Ends): string {
  const { reason, detail, notification } = trouble
  const { localAddress, peerAddress, port } = ends
  if (trouble.told) return `${diagnose(trouble.told, ends)}; since then it ends each connection without a word`
  const peer = `${peerAddress}:${port}`
  if (notification) {
    const { direction, code, subcode } = notification
    const name = `NOTIFICATION ${code}/${subcode} ${direction}: ${describeNotification(code, subcode)}`
    const meaning = direction === 'sent' ? weRefused(notification) : theyRefused(notification, ends)
    const said = detail === undefined ? '' : direction === 'sent' ? `: ${detail}` : `: “${detail}”`
    return meaning === undefined ? `${name}${said}` : `${meaning}${said} (${name})`
  }
  switch (reason) {
    case 'connection-refused':
      return `${peer} refuses connections: nothing listens there, or it does not know ${localAddress}`
    case 'connection-timeout':
      return `no answer from ${peer} to ${localAddress}: it is down, something drops what is sent, or it wants a TCP MD5 password (R7)`
    case 'connection-unreachable':
      return `no route from ${localAddress} to ${peerAddress}`
    case 'address-not-local':
      return `this host does not hold ${localAddress}`
    case 'connection-closed':
      return `${peer} closed the connection without a NOTIFICATION: it may not have ${localAddress} configured, have it shut down, or still hold an older session of it`
    case 'connection-reset':
      return `${peer} reset the connection`
    case 'hold-timer-expired':
      return `hold timer expired: nothing was heard from ${peerAddress}`
    case 'send-hold-timer-expired':
      return `${peerAddress} took nothing of what we sent: it is stuck, or the path to it drops large segments (MTU)`
    case 'fsm-error':
      return `${peerAddress} sent what may not come now${detail === undefined ? '' : `: ${detail}`}`
    case 'admin-reset':
      return `reset by us${detail === undefined ? '' : `: ${detail}`}`
    case 'admin-down':
      return 'stopped by us'
    case 'connection-collision':
      return 'closed in favour of another connection with the same peer'
    default:
      return detail === undefined ? reason : `${reason}: ${detail}`
  }
}

function weRefused({ code, subcode }: Pick<NotificationMessage, 'code' | 'subcode'>): string | undefined {
  if (code === ErrorCode.header) return 'what the peer sends is not BGP'
  if (code === ErrorCode.update) return 'an UPDATE of the peer cannot be read'
  if (code !== ErrorCode.open) return undefined
  switch (subcode) {
    case 1:
      return 'another BGP version'
    case 2:
      return 'wrong AS'
    case 3:
      return 'BGP identifier not acceptable'
    case 6:
      return 'hold time not acceptable'
    case 7:
      return 'no common address family'
    default:
      return 'an OPEN that cannot be read'
  }
}

function theyRefused({ code, subcode, data }: Pick<NotificationMessage, 'code' | 'subcode' | 'data'>, ends: Ends): string | undefined {
  const { peerAddress, localAddress, localAsn, routerId, holdTimeSeconds } = ends
  switch (code) {
    case ErrorCode.open:
      switch (subcode) {
        case 2:
          return `wrong AS: ${peerAddress} does not expect AS ${localAsn} from ${localAddress}`
        case 3:
          return `${peerAddress} does not accept our BGP identifier ${formatIpv4(routerId)}`
        case 5:
          return `${peerAddress} wants authentication, which is not supported (R7)`
        case 6:
          return `${peerAddress} does not accept our hold time of ${holdTimeSeconds} s`
        case 7:
          return `no common address family or capability: ${peerAddress} misses ${capabilitiesOf(data)}`
        default:
          return `${peerAddress} does not accept our OPEN`
      }
    case ErrorCode.hold:
      return `${peerAddress} heard nothing from us for its hold time`
    case ErrorCode.cease:
      return ceased(subcode, ends)
    case ErrorCode.sendHold:
      return `${peerAddress} could not send to us: we took nothing of it`
    case ErrorCode.header:
    case ErrorCode.update:
      return `${peerAddress} could not read what we sent`
    default:
      return undefined
  }
}

function ceased(subcode: number, { peerAddress, localAddress }: Ends): string | undefined {
  switch (subcode) {
    case 1:
      return `${peerAddress} takes no more prefixes from us: its limit is reached`
    case 2:
      return `${peerAddress} was shut down by its operator`
    case 3:
      return `${peerAddress} has us configured no longer`
    case 4:
      return `${peerAddress} was reset by its operator`
    case 5:
      return `${peerAddress} rejects the connection: ${localAddress} may not be configured there`
    case 6:
      return `the configuration of ${peerAddress} was changed`
    case 7:
      return `${peerAddress} kept another connection with ${localAddress}: it may still hold an older session`
    case 8:
      return `${peerAddress} is out of resources`
    case 10:
      return `${peerAddress} lost us by BFD`
    default:
      return undefined
  }
}

/** RFC 5492 §5: codes with their lengths. */
function capabilitiesOf(data: Uint8Array): string {
  const names: string[] = []
  for (let at = 0; at + 1 < data.length; at += 2 + data[at + 1]!) {
    const multiprotocol = data[at] === 1 && data[at + 1] === 4 && at + 5 < data.length
    names.push(multiprotocol ? `AFI ${(data[at + 2]! << 8) | data[at + 3]!} SAFI ${data[at + 5]}` : `capability ${data[at]}`)
  }
  return names.length === 0 ? 'something that it does not name' : names.join(', ')
}

/** What one Established session has come to. */
export interface Standing {
  readonly negotiated: Negotiated
  /** What we offered. */
  readonly offered: {
    readonly addPath: { readonly send: boolean; readonly receive: boolean }
    readonly addPathIpv6: { readonly send: boolean; readonly receive: boolean }
    readonly families: readonly string[]
    readonly accept: boolean
    readonly announce: boolean
  }
  readonly prefixesSent: number
  readonly prefixesReceived: number
  /** The peer has said that this is all (RFC 4724), or had this many seconds to say something. */
  readonly endOfRib: boolean
  readonly seconds: number
}

/** How long a peer may take to announce its first route before its silence is remarkable: FRR waits for a second, others less. */
const SILENCE_SECONDS = 10

/** What an engineer would want to know of a session that is up; nothing where all is as configured. */
export function remarks(standing: Standing): string[] {
  const { negotiated, offered, prefixesSent, prefixesReceived, endOfRib, seconds } = standing
  const said: string[] = []
  for (const family of ['ipv4', 'ipv6'] as const) {
    if (offered.families.includes(family) && !negotiated.families[family]) said.push(`the peer does not speak ${family} unicast`)
  }
  for (const family of ['ipv4', 'ipv6'] as const) if (negotiated.families[family]) said.push(...addPathRemarks(family, standing))
  if (!offered.accept) said.push('nothing is accepted from this peer: no import policy (RFC 8212)')
  if (!offered.announce) said.push('nothing is announced to this peer: no export policy (RFC 8212)')
  if (prefixesSent > 0 && prefixesReceived === 0 && (endOfRib || seconds >= SILENCE_SECONDS)) {
    said.push(
      'the peer announces nothing, not even our own routes: if it has no policy for us (RFC 8212; FRR: “no bgp ebgp-requires-policy” or route-maps) it accepts nothing either',
    )
  }
  return said
}

/** IPv4 goes without saying where it is the only family. */
function addPathRemarks(family: FamilyName, { negotiated, offered: all }: Standing): string[] {
  const { afi, safi } = FAMILIES[family]
  const [addPath, offered] = family === 'ipv4' ? [negotiated.addPath, all.addPath] : [negotiated.addPathIpv6, all.addPathIpv6]
  const said: string[] = []
  const theirs = negotiated.peerCapabilities
    .flatMap((each) => (each.type === 'add-path' ? each.families : []))
    .find((each) => each.afi === afi && each.safi === safi)
  const where = family === 'ipv4' ? '' : ' for IPv6 unicast'
  if (offered.send && !addPath.send) {
    const why = theirs === undefined ? `does not offer ADD-PATH${where}` : `offers to send ADD-PATH${where}, not to receive it`
    said.push(`the peer ${why}: it gets one path for each prefix`)
  }
  if (offered.receive && !addPath.receive) {
    const why = theirs === undefined ? `does not offer ADD-PATH${where}` : `offers to receive ADD-PATH${where}, not to send it`
    said.push(`the peer ${why}: we get one path for each prefix`)
  }
  if (!offered.send && theirs?.receive)
    said.push(`the peer would receive ADD-PATH${where}, which we do not offer to send: it gets one path for each prefix`)
  return said
}
