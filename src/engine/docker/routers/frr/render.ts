/**
 * What an FRR router is given: one integrated `frr.conf` (loaded with `vtysh -b`, as FRR's own init does, so that a user's file may hold
 * lines for any of its daemons) and `vrrpd.conf` for the virtual gateways, which are the lab's and not the user's.
 *
 * Every timer is written out. Graceful restart is off: a session that ends takes its routes with it, and no peer learns otherwise.
 * `bgp network import-check` stays on (FRR 8.4's default): a rack whose link is down is not announced.
 */
import type { TimerProfile } from '../../../../model/index.ts'
import type { NeighborPlan, RouterPlan } from '../../../../topology/plan.ts'

export const FRR_CONF = '/etc/frr/frr.conf'
export const VTYSH_CONF = '/etc/frr/vtysh.conf'
export const VRRPD_CONF = '/etc/frr/vrrpd.conf'

/** The hop limit of a multihop session; any number from 2 makes FRR resolve next hops off the connected subnets. */
const MULTIHOP_TTL = 64

export function renderFrr(plan: RouterPlan, timers: TimerProfile): Record<string, string> {
  return { ...renderVrrp(plan), [VTYSH_CONF]: 'service integrated-vtysh-config\n', [FRR_CONF]: plan.config?.text ?? frrConf(plan, timers) }
}

/** vrrpd's file alone: a GoBGP router has it too. */
export function renderVrrp(plan: RouterPlan): Record<string, string> {
  if (plan.vrrp.length === 0) return {}
  const lines: string[] = []
  for (const gateway of plan.vrrp) {
    lines.push(
      `interface ${gateway.interface}`,
      ` vrrp ${gateway.vrid} version 3`,
      ` vrrp ${gateway.vrid} priority ${gateway.priority}`,
      ` vrrp ${gateway.vrid} advertisement-interval ${gateway.advertisementIntervalMs}`,
      ` vrrp ${gateway.vrid} ip ${gateway.address}`,
      'exit',
      '!',
    )
  }
  return { [VRRPD_CONF]: `${lines.join('\n')}\n` }
}

function frrConf(plan: RouterPlan, timers: TimerProfile): string {
  const lines = [
    'frr defaults traditional',
    `hostname ${plan.name}`,
    '!',
    `router bgp ${plan.asn}`,
    ` bgp router-id ${plan.routerId}`,
    ' bgp log-neighbor-changes',
    ' bgp graceful-restart-disable',
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ' bgp bestpath as-path multipath-relax',
    ` timers bgp ${timers.keepaliveSeconds} ${timers.holdTimeSeconds}`,
    ' coalesce-time 100',
    ...plan.neighbors.flatMap((neighbor) => neighborLines(neighbor, timers)),
    ' !',
    ' address-family ipv4 unicast',
    ...plan.networks.map((network) => `  network ${network}`),
    ...plan.neighbors.flatMap(familyLines),
    `  maximum-paths ${plan.maximumPaths}`,
    ' exit-address-family',
    'exit',
    '!',
  ]
  return `${lines.join('\n')}\n`
}

function neighborLines(neighbor: NeighborPlan, timers: TimerProfile): string[] {
  const own = ` neighbor ${neighbor.address}`
  return [
    `${own} remote-as ${neighbor.asn}`,
    ...(neighbor.description === '' ? [] : [`${own} description ${neighbor.description}`]),
    ...(neighbor.passive ? [`${own} passive`] : []),
    `${own} update-source ${neighbor.updateSource}`,
    ...(neighbor.multihop ? [`${own} ebgp-multihop ${MULTIHOP_TTL}`] : []),
    `${own} timers ${timers.keepaliveSeconds} ${timers.holdTimeSeconds}`,
    `${own} timers connect ${timers.connectRetrySeconds}`,
    `${own} advertisement-interval 0`,
  ]
}

function familyLines(neighbor: NeighborPlan): string[] {
  const own = `  neighbor ${neighbor.address}`
  return [
    `${own} activate`,
    ...(neighbor.addPathReceive ? [] : [`${own} disable-addpath-rx`]),
    ...(neighbor.defaultOriginate ? [`${own} default-originate`] : []),
  ]
}
