import { execFileSync } from 'node:child_process'
import type { Micros } from '../../model/index.ts'
import type { Clock, Events, Host, HostEvent, HostInterface, HostState, ServiceRule } from '../ports.ts'
import { type CommandResult, Commands } from './commands.ts'
import { forget, staleFlows } from './conntrack.ts'
import { type HostChanges, ownInterfaces, planHost, ROUTE_PROTOCOL, readAddresses, readLocalVips } from './host-plan.ts'
import { renderRules } from './nft.ts'

const LOCAL_VIPS = ['-j', '-4', 'route', 'show', 'table', 'local', 'proto', String(ROUTE_PROTOCOL)]

interface Request {
  readonly desired: HostState
  readonly sink: (event: HostEvent) => void
}

/** The kernel's stack by ip(8), nft(8) and arping(8): one request at a time, each against what is really there. */
export class RealHost implements Host {
  readonly #device: string
  readonly #clock: Clock
  readonly #events: Events
  readonly #commands = new Commands()
  readonly #waiting: Request[] = []
  #busy = false
  /** The rules that stand in the kernel since our last load. */
  #rules: string | undefined
  #services: readonly ServiceRule[] = []
  /** Local VIPs of the last request. */
  #asked: readonly string[] = []

  constructor(device: string, clock: Clock, events: Events) {
    this.#device = device
    this.#clock = clock
    this.#events = events
  }

  interfaces(): readonly HostInterface[] {
    return ownInterfaces(execFileSync('ip', ['-j', '-4', 'address', 'show'], { encoding: 'utf8' }))
  }

  localVips(): readonly string[] {
    return readLocalVips(execFileSync('ip', LOCAL_VIPS, { encoding: 'utf8' }))
  }

  apply(desired: HostState, sink: (event: HostEvent) => void): void {
    this.#waiting.push({ desired, sink })
    if (!this.#busy) this.#next()
  }

  announce(address: string, interfaceName: string, count: number, interval: Micros): void {
    if (count <= 0) return
    let sent = 0
    const timer = this.#clock.timer(`gratuitous ARP ${address}`, () => send())
    const send = (): void => {
      this.#gratuitousArp(address, interfaceName, sent === 0 ? count : undefined)
      if (++sent < count) timer.start(interval)
    }
    send()
  }

  end(): void {
    this.#waiting.length = 0
    this.#commands.end()
  }

  /** arping sends at its start and then waits a second for answers that an announcement has none of: it is told (`count`) when it has started. */
  #gratuitousArp(address: string, interfaceName: string, count: number | undefined): void {
    const device = this.#device
    this.#commands.run(
      'arping',
      ['-q', '-U', '-c', '1', '-I', interfaceName, address],
      '',
      (result) => {
        if (!result.ok) this.#events.emit({ type: 'log', device, level: 'warning', message: `gratuitous ARP failed: ${result.detail}` })
      },
      () => {
        if (count !== undefined) this.#events.emit({ type: 'gratuitous-arp', device, address, count })
      },
    )
  }

  #next(): void {
    const request = this.#waiting.shift()
    this.#busy = request !== undefined
    if (!request) return
    const { desired, sink } = request
    this.#reconcile(desired, (detail) => {
      sink(detail === undefined ? { type: 'applied', id: desired.id } : { type: 'failed', id: desired.id, detail })
      this.#next()
    })
  }

  /** New addresses and local VIPs, then the rules, then removals; ends at the first failure with what it was. */
  #reconcile(desired: HostState, done: (failure?: string) => void): void {
    const steps = (result: CommandResult, go: (stdout: string) => void): void => {
      if (result.ok) go(result.stdout)
      else done(result.detail)
    }
    this.#commands.run('ip', ['-j', '-4', 'address', 'show'], '', (addresses) =>
      steps(addresses, (addressJson) =>
        this.#commands.run('ip', LOCAL_VIPS, '', (vips) =>
          steps(vips, (vipJson) => {
            const actual = { addresses: readAddresses(addressJson), localVips: readLocalVips(vipJson) }
            const changes = planHost(actual, desired, this.#asked)
            this.#asked = desired.localVips
            this.#batch(changes.additions, (added) =>
              steps(added, () => {
                this.#tell(changes, 'added')
                this.#loadRules(desired, (loaded) =>
                  steps(loaded, () =>
                    this.#batch(changes.removals, (removed) =>
                      steps(removed, () => {
                        this.#tell(changes, 'removed')
                        done()
                      }),
                    ),
                  ),
                )
              }),
            )
          }),
        ),
      ),
    )
  }

  #batch(lines: readonly string[], done: (result: CommandResult) => void): void {
    if (lines.length === 0) done({ ok: true, stdout: '' })
    else this.#commands.run('ip', ['-4', '-batch', '-'], `${lines.join('\n')}\n`, done)
  }

  #loadRules(desired: HostState, done: (result: CommandResult) => void): void {
    const rules = renderRules(desired.services)
    if (desired.servicesUnknown || rules === this.#rules) {
      done({ ok: true, stdout: '' })
      return
    }
    this.#commands.run('nft', ['-f', '-'], rules, (result) => {
      this.#rules = result.ok ? rules : undefined
      if (!result.ok) {
        done(result)
        return
      }
      const before = this.#services
      this.#services = desired.services
      this.#forgetStaleFlows(before, () => done(result))
    })
  }

  /** Without conntrack(8) the rules stand all the same, so that is told and no failure. */
  #forgetStaleFlows(before: readonly ServiceRule[], done: () => void): void {
    const now = this.#services
    if (![...before, ...now].some((rule) => rule.protocol === 'udp')) {
      done()
      return
    }
    const told = (result: CommandResult): result is Extract<CommandResult, { ok: true }> => {
      // An entry may end by itself meanwhile, and then there is none to delete.
      const message =
        result.ok || /\b0 flow entries/.test(result.detail) ? undefined : `UDP flows may stay with old backends: ${result.detail}`
      if (message !== undefined) this.#events.emit({ type: 'log', device: this.#device, level: 'warning', message })
      return result.ok
    }
    this.#commands.run('conntrack', ['-L', '-p', 'udp'], '', (listed) => {
      const stale = told(listed) ? staleFlows(listed.stdout, before, now) : []
      const next = (): void => {
        const flows = stale.pop()
        if (flows === undefined) done()
        else
          this.#commands.run('conntrack', forget(flows), '', (result) => {
            told(result)
            next()
          })
      }
      next()
    })
  }

  #tell(changes: HostChanges, which: 'added' | 'removed'): void {
    for (const { address, interface: name } of changes[which]) {
      this.#events.emit({ type: 'address', device: this.#device, address, interface: name, present: which === 'added' })
    }
  }
}
