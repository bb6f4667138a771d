/** Event logs of a made-up run: it converges, a node loses power, traffic is sent; whoever tests a difference says what happens otherwise. */
import { type LabEvent, type LabEventBody, type Micros, SECOND } from '../../../src/model/index.ts'

export interface Told {
  /** When a next hop of the VIP is gone from tor1 after the fault. */
  readonly lostAfter?: Micros
  /** What tor1 has of the VIP at first, and at last. */
  readonly first?: readonly string[]
  readonly last?: readonly string[]
  /** Times at which tor1's session with the floating IP goes down and up, after the fault. */
  readonly flaps?: readonly (readonly [down: Micros, up: Micros])[]
  readonly addPath?: boolean
  readonly holder?: string
  readonly best?: number
  readonly shares?: Readonly<Record<string, number>>
  /** When it was begun, after the fault. */
  readonly fanOutFrom?: Micros
  readonly holds?: boolean
  readonly fault?: string
  readonly lastStep?: string
  /** Of everything: another engine's clock. */
  readonly epoch?: Micros
}

export const VIP = '10.0.0.1/32'
const A = '10.0.1.20'
const B = '10.0.1.21'
const C = '10.0.2.20'
export const NODES = { A, B, C } as const

/** In order of time; `at` is counted from the fault, 10 s after the start. */
export function logOf(told: Told = {}): LabEvent[] {
  const { lostAfter = 2.5 * SECOND, first = [A, B, C], last = [B, C], flaps = [[2.5 * SECOND, 3.5 * SECOND]], addPath = true } = told
  const epoch = (told.epoch ?? 0) + 10 * SECOND
  const events: LabEvent[] = []
  const add = (at: Micros, event: LabEventBody) => events.push({ ...event, at: epoch + at })
  const session = (at: Micros, up: boolean) =>
    add(at, {
      type: 'session',
      device: 'tor1',
      session: {
        device: 'tor1',
        localAddress: '10.8.0.10',
        peerAddress: '10.0.1.100',
        localAsn: 65002,
        peerAsn: 65001,
        state: up ? 'Established' : 'Active',
        establishedCount: 1,
        addPath: { receive: addPath, send: false },
        ...(up ? { holdTimeSeconds: 9 } : { reason: `at ${at}` }),
      },
    })
  const routes = (at: Micros, hops: readonly string[]) => {
    const paths = hops.map((nextHop, index) => ({
      nextHop,
      from: '10.0.1.100',
      pathId: index + 1,
      asPath: [65001],
      valid: true,
      best: index === (told.best ?? 0),
      multipath: true,
    }))
    add(at, { type: 'route', device: 'tor1', route: { device: 'tor1', prefix: VIP, paths }, uncertainty: 0 })
    const nextHops = hops.map((via) => ({ via, interface: 'rack1', weight: 1 }))
    add(at, { type: 'fib', device: 'tor1', route: { device: 'tor1', prefix: VIP, protocol: 'bgp', metric: 20, nextHops } })
  }
  add(-8 * SECOND, { type: 'step', name: 'converge', phase: 'start' })
  session(-7 * SECOND, true)
  add(-7 * SECOND, { type: 'floating-ip', address: '10.0.1.100', node: told.holder ?? 'node-04', reason: 'placed' })
  for (const [index] of first.entries()) routes((-6 + index / 10) * SECOND, first.slice(0, index + 1))
  add(-4 * SECOND, { type: 'step', name: 'converge', phase: 'end', ok: true })
  add(0, { type: 'fault', device: 'node-04', fault: told.fault ?? 'power-off', detail: 'links cut' })
  for (const [down, up] of flaps) {
    session(down, false)
    session(up, true)
  }
  if (last.join() !== first.join()) routes(lostAfter, last)
  const fanOut = {
    vip: '10.0.0.1',
    port: 80,
    flows: 600,
    answered: 600,
    byRouter: { tor1: told.shares ?? { 'node-05': 310, 'node-06': 290 } },
  }
  add(18 * SECOND, { type: 'fan-out', device: 'client', since: epoch + (told.fanOutFrom ?? 17.9 * SECOND), ...fanOut })
  add(18.5 * SECOND, { type: 'assertion', name: 'every flow is answered', holds: told.holds ?? true })
  add(19 * SECOND, { type: 'step', name: told.lastStep ?? 'come to rest', phase: 'end', ok: true })
  return events.sort((a, b) => a.at - b.at)
}
