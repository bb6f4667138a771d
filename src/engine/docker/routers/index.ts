/**
 * docker/routers: router kinds. One folder each: render its files from a plan, start its daemons, read them into the model, watch them.
 * The host half (`routerDriver`) is data and rendering; the container half (`routerRuntime`, bundled into `programs/router.ts`) runs
 * beside the daemons.
 *
 * Refuses: links, addresses and containers (the lab makes them), and any word of one daemon outside its folder. Imports model, net,
 * topology and `../protocol.ts`; `node:` in the container half.
 */
import type { RouterKind } from '../../../topology/plan.ts'
import type { RouterDriver } from './driver.ts'
import { renderFrr } from './frr/render.ts'
import { renderGobgp } from './gobgp/render.ts'

export type { ConfigError, RouterDriver, RouterStart } from './driver.ts'

/** zebra wants SYS_ADMIN beside NET_ADMIN even where it needs none; NET_RAW (for vrrpd) is in Docker's default set. */
const CAPABILITIES = ['NET_ADMIN', 'SYS_ADMIN'] as const

const DRIVERS: Readonly<Record<RouterKind, RouterDriver>> = {
  frr: { kind: 'frr', image: 'router-frr', capabilities: CAPABILITIES, processes: ['bgpd', 'zebra', 'vrrpd'], render: renderFrr },
  gobgp: { kind: 'gobgp', image: 'router-gobgp', capabilities: CAPABILITIES, processes: ['gobgpd', 'zebra', 'vrrpd'], render: renderGobgp },
}

export function routerDriver(kind: RouterKind): RouterDriver {
  return DRIVERS[kind]
}
