/**
 * What separates the host's actual state from the desired one, as commands: pure, so that it can be read and tested without a kernel.
 *
 * Only what bears our marks is ever removed: addresses labelled `<interface>:pl`, local routes of protocol 187, and the nft table `peerlab`.
 * So an agent that is started again takes up what its killed predecessor left, and an address that the machine had before stays.
 */
import type { HostInterface, HostState } from '../ports.ts'

/** IFA_LABEL of what we add; the kernel allows 15 characters in all. */
const LABEL = 'pl'
/** RTPROT of our local routes; free in rt_protos. */
export const ROUTE_PROTOCOL = 187

export interface ActualAddress {
  readonly interface: string
  readonly address: string
  readonly prefixLength: number
  /** It bears our label. */
  readonly ours: boolean
}

export interface ActualState {
  readonly addresses: readonly ActualAddress[]
  /** Local routes of our protocol. */
  readonly localVips: readonly string[]
}

export interface HostChanges {
  /** Lines for `ip -batch`, to run before the service rules. */
  readonly additions: readonly string[]
  /** And after them. */
  readonly removals: readonly string[]
  readonly added: readonly { readonly address: string; readonly interface: string }[]
  readonly removed: readonly { readonly address: string; readonly interface: string }[]
}

/** `asked`: the local VIPs of this process's last request. */
export function planHost(actual: ActualState, desired: HostState, asked: readonly string[] = []): HostChanges {
  const added = desired.addresses.filter(
    (wanted) => !actual.addresses.some((had) => had.address === wanted.address && had.interface === wanted.interface),
  )
  const removed = actual.addresses
    .filter((had) => had.ours && !desired.addresses.some((wanted) => wanted.address === had.address && wanted.interface === had.interface))
    .map(({ address, interface: name }) => ({ address, interface: name }))
  const newVips = desired.localVips.filter((vip) => !actual.localVips.includes(vip))
  const oldVips = actual.localVips.filter((vip) => !desired.localVips.includes(vip) && (!desired.servicesUnknown || asked.includes(vip)))
  return {
    additions: [
      ...added.map(({ address, interface: name }) => `address replace ${address}/32 dev ${name} label ${name}:${LABEL} noprefixroute`),
      ...newVips.map((vip) => `route replace local ${vip}/32 dev lo table local proto ${ROUTE_PROTOCOL}`),
    ],
    removals: [
      ...removed.map(({ address, interface: name }) => `address del ${address}/32 dev ${name}`),
      ...oldVips.map((vip) => `route del local ${vip}/32 dev lo table local proto ${ROUTE_PROTOCOL}`),
    ],
    added,
    removed,
  }
}

interface IpAddress {
  readonly ifname: string
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number; readonly label?: string }[]
}

/** Reads `ip -j -4 address show`. */
export function readAddresses(json: string): ActualAddress[] {
  return (JSON.parse(json || '[]') as IpAddress[]).flatMap(({ ifname, addr_info }) =>
    addr_info
      .filter(({ family, local }) => family === 'inet' && local !== undefined)
      .map(({ local, prefixlen, label }) => ({
        interface: ifname,
        address: local,
        prefixLength: prefixlen,
        ours: label === `${ifname}:${LABEL}`,
      })),
  )
}

/** Reads `ip -j route show table local proto 187`. */
export function readLocalVips(json: string): string[] {
  return (JSON.parse(json || '[]') as { readonly dst: string }[]).map(({ dst }) => dst.replace(/\/32$/, ''))
}

/** Interfaces with what they have of their own: neither loopback's nor ours. */
export function ownInterfaces(json: string): HostInterface[] {
  const addresses = readAddresses(json)
  return (JSON.parse(json || '[]') as IpAddress[]).map(({ ifname }) => ({
    name: ifname,
    addresses: addresses
      .filter((had) => had.interface === ifname && !had.ours && !had.address.startsWith('127.'))
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
  }))
}
