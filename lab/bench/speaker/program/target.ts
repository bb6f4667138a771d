/** Our speaker as one of the daemons that are measured: the library on Node, as it is, with a control socket of JSON lines. */
import { createServer } from 'node:net'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { type AnnouncedRoute, Speaker } from '../../../../src/bgp/index.ts'
import { createRealWorld } from '../../../../src/world/real/index.ts'
import type { Setup, VipSet } from './daemon.ts'

export interface TargetOptions extends Omit<Setup, 'ground' | 'place' | 'folder'> {
  readonly socket: string
  readonly vips?: VipSet
}

export type TargetCommand =
  | { readonly op: 'state' | 'count' | 'announce' | 'withdraw' | 'loop' }
  | { readonly op: 'holds'; readonly prefix: string }

/** Milliseconds, since the last report. */
export interface LoopReport {
  /** The longest time for which the event loop was not to be had, garbage collection included. */
  readonly longestSliceMs: number
  /** The longest single garbage collection. */
  readonly longestGcMs: number
}

export function runTarget(options: TargetOptions): void {
  const { address, asn, peerAddress, peerAsn, passive, holdTimeSeconds, keepaliveSeconds, socket, vips } = options
  const world = createRealWorld({ name: 'target', emit: () => {} })
  const speaker = new Speaker(world, {
    localAddress: address,
    localAsn: asn,
    listen: passive,
    peers: [
      {
        peerAddress,
        peerAsn,
        passive,
        holdTimeSeconds,
        keepaliveSeconds,
        connectRetrySeconds: 1,
        addPath: { send: true, receive: true },
      },
    ],
  })
  const all = vips ? routesOf(vips, vips.nextHops) : []
  const fewer = vips ? routesOf(vips, vips.nextHops.slice(0, -1)) : []
  const loop = watchLoop()

  const answer = (command: TargetCommand): unknown => {
    switch (command.op) {
      case 'state':
        return speaker.peers()[0]?.state
      case 'count':
        return speaker.peers()[0]?.prefixesReceived
      case 'holds':
        return speaker.routeTo(command.prefix).paths.length > 0
      case 'announce':
        speaker.announce(all)
        return true
      case 'withdraw':
        speaker.announce(fewer)
        return true
      case 'loop':
        return loop()
    }
  }
  createServer((client) => {
    client.on('error', () => {})
    createInterface({ input: client }).on('line', (line) => client.write(`${JSON.stringify(answer(JSON.parse(line) as TargetCommand))}\n`))
  }).listen(socket)
}

function routesOf({ prefixes }: VipSet, nextHops: readonly string[]): AnnouncedRoute[] {
  return prefixes.map((prefix) => ({ prefix, nextHops, singleNextHop: nextHops[0] ?? '' }))
}

function watchLoop(): () => LoopReport {
  // A timer of one millisecond; what it is late by is what the loop was busy with.
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let longestGcMs = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) longestGcMs = Math.max(longestGcMs, entry.duration)
  }).observe({ entryTypes: ['gc'] })
  return () => {
    const report = { longestSliceMs: Math.max(0, delay.max / 1e6 - 1), longestGcMs }
    delay.reset()
    longestGcMs = 0
    return report
  }
}
