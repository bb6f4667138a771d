/**
 * What a GoBGP router is given: `gobgpd.toml`, and `vrrpd.conf` for the virtual gateways. Prefixes that it originates are added through
 * its API after the start: its configuration file has no place for them. `vtysh.conf` quietens vtysh, which serves zebra and vrrpd.
 */
import type { TimerProfile } from '../../../../model/index.ts'
import type { NeighborPlan, RouterPlan } from '../../../../topology/plan.ts'
import { renderVrrp, VTYSH_CONF } from '../frr/render.ts'

export const GOBGPD_CONF = '/etc/gobgp/gobgpd.toml'

/** The hop limit of a multihop session, as FRR's. */
const MULTIHOP_TTL = 64

export function renderGobgp(plan: RouterPlan, timers: TimerProfile): Record<string, string> {
  return {
    ...renderVrrp(plan),
    [VTYSH_CONF]: 'service integrated-vtysh-config\n',
    [GOBGPD_CONF]: plan.config?.text ?? gobgpdConf(plan, timers),
  }
}

function gobgpdConf(plan: RouterPlan, timers: TimerProfile): string {
  const lines = [
    '[global.config]',
    `as = ${plan.asn}`,
    `router-id = "${plan.routerId}"`,
    'port = 179',
    '',
    '[global.use-multiple-paths.config]',
    'enabled = true',
    ...plan.neighbors.flatMap((neighbor) => neighborLines(plan, neighbor, timers)),
  ]
  return `${lines.join('\n')}\n`
}

function neighborLines(plan: RouterPlan, neighbor: NeighborPlan, timers: TimerProfile): string[] {
  if (neighbor.defaultOriginate)
    throw new Error(
      `${plan.name}: GoBGP cannot originate a default route to one neighbor (${neighbor.address}); make this router kind: frr`,
    )
  return [
    '',
    '[[neighbors]]',
    '[neighbors.config]',
    `neighbor-address = "${neighbor.address}"`,
    `peer-as = ${neighbor.asn}`,
    ...(neighbor.description === '' ? [] : [`description = ${JSON.stringify(neighbor.description)}`]),
    '[neighbors.transport.config]',
    `local-address = "${neighbor.updateSource}"`,
    `passive-mode = ${neighbor.passive}`,
    ...(neighbor.multihop ? ['[neighbors.ebgp-multihop.config]', 'enabled = true', `multihop-ttl = ${MULTIHOP_TTL}`] : []),
    '[neighbors.timers.config]',
    `connect-retry = ${timers.connectRetrySeconds}`,
    `hold-time = ${timers.holdTimeSeconds}`,
    `keepalive-interval = ${timers.keepaliveSeconds}`,
    '[[neighbors.afi-safis]]',
    '[neighbors.afi-safis.config]',
    'afi-safi-name = "ipv4-unicast"',
    '[neighbors.afi-safis.add-paths.config]',
    `receive = ${neighbor.addPathReceive}`,
  ]
}
