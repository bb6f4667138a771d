/** What both router kinds run: zebra, and vrrpd for the virtual gateways on macvlan devices that are made here. */
import { mkdirSync } from 'node:fs'
import type { RouterPlan, VrrpPlan } from '../../../../topology/plan.ts'
import { Daemon, must, run } from '../child.ts'
import type { RuntimeHooks } from '../driver.ts'
import { VRRPD_CONF } from './render.ts'

export const RUN_DIRECTORY = '/var/run/frr'
const DAEMONS = '/usr/lib/frr'

/** Each daemon writes `bgpd 8.4.4 starting: vty@2605` once its vty socket answers. */
const STARTED = /\bstarting: vty@/

/** RFC 5798 §7.3, `00-00-5E-00-01-{VRID}`. */
export function virtualMac(vrid: number): string {
  return `00:00:5e:00:01:${vrid.toString(16).padStart(2, '0')}`
}

/** Linux interface names have at most 15 characters. */
export function virtualDevice(gateway: VrrpPlan): string {
  return `vr${gateway.vrid}-${gateway.interface}`.slice(0, 15)
}

export interface FrrDaemonOptions {
  readonly args?: readonly string[]
  readonly logLevel: 'debugging' | 'informational' | 'notifications' | 'warnings'
  readonly onLine: (line: string) => void
  readonly onExit?: () => void
}

export function frrDaemon(name: string, plan: RouterPlan, hooks: RuntimeHooks, options: FrrDaemonOptions): Daemon {
  return new Daemon({
    name,
    command: `${DAEMONS}/${name}`,
    // Its telnet port stays off (-P 0): its vty socket is the way in.
    args: ['-A', '127.0.0.1', '-P', '0', '--log', 'stdout', '--log-level', options.logLevel, ...(options.args ?? [])],
    onLine: options.onLine,
    onExit: (how, wanted) => {
      if (!wanted) hooks.emit({ type: 'log', device: plan.name, level: 'error', message: `${name} ended by itself: ${how}` })
      options.onExit?.()
    },
  })
}

export function startFrrDaemon(daemon: Daemon): Promise<void> {
  return daemon.start(STARTED)
}

/** zebra and, where there is a virtual gateway, vrrpd. */
export class FrrPlatform {
  readonly #plan: RouterPlan
  readonly zebra: Daemon
  readonly vrrpd: Daemon | undefined
  /** Only with a user's own configuration, which may have static routes; the lab makes the topology's by itself. */
  readonly staticd: Daemon | undefined

  constructor(plan: RouterPlan, hooks: RuntimeHooks) {
    this.#plan = plan
    // zebra complains of things that need nobody's attention: a killed client, next hops on a link that just went down.
    const log = (line: string) => {
      if (/\berror\b|\bfail/i.test(line)) hooks.emit({ type: 'log', device: plan.name, level: 'debug', message: `zebra: ${line}` })
    }
    this.zebra = frrDaemon('zebra', plan, hooks, { logLevel: 'notifications', onLine: log })
    if (plan.config !== undefined && plan.kind === 'frr')
      this.staticd = frrDaemon('staticd', plan, hooks, { logLevel: 'notifications', onLine: log })
    if (plan.vrrp.length > 0) {
      const onLine = (line: string) => {
        const change = /\[VRID (\d+)\] \[IPv4\] (\w+ -> \w+)/.exec(line)
        if (change) hooks.emit({ type: 'log', device: plan.name, level: 'info', message: `VRRP ${change[1]}: ${change[2]}` })
      }
      this.vrrpd = frrDaemon('vrrpd', plan, hooks, { logLevel: 'informational', args: ['-f', VRRPD_CONF], onLine })
    }
  }

  /** zebra answers when this comes back. */
  async startZebra(): Promise<void> {
    mkdirSync(RUN_DIRECTORY, { recursive: true })
    await must('chown', ['frr:frr', RUN_DIRECTORY])
    for (const gateway of this.#plan.vrrp) await makeVirtualDevice(gateway)
    await startFrrDaemon(this.zebra)
    if (this.staticd !== undefined) await startFrrDaemon(this.staticd)
  }

  async startVrrpd(): Promise<void> {
    if (this.vrrpd !== undefined) await startFrrDaemon(this.vrrpd)
  }
}

async function makeVirtualDevice(gateway: VrrpPlan): Promise<void> {
  const device = virtualDevice(gateway)
  if ((await run('ip', ['link', 'show', device])).code === 0) await must('ip', ['link', 'del', device])
  const address = ['address', virtualMac(gateway.vrid)]
  await must('ip', ['link', 'add', device, 'link', gateway.interface, ...address, 'type', 'macvlan', 'mode', 'bridge'])
  await must('ip', ['addr', 'add', `${gateway.address}/32`, 'dev', device])
  await must('ip', ['link', 'set', device, 'up'])
}
