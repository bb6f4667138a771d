/**
 * (b) and (c): an announcer tells a running session of so many VIPs with all their next hops, and then takes one next hop of each back.
 *
 * The clock starts when the command goes to the announcer, and stops when the receiver's own count of paths is what it should be. When the
 * last octet of it was on the wire is read off a capture: what comes after is the receiver's time.
 */
import { join } from 'node:path'
import type { Announcer, AnnounceSample, BenchPlan, Receiver } from '../terms.ts'
import { now } from './clock.ts'
import { type Running, type RunningAnnouncer, type Setup, until, type VipSet } from './daemon.ts'
import { cpuSeconds, family } from './proc.ts'
import { ANNOUNCING, DAEMONS } from './subjects.ts'
import { WireTap } from './wire-tap.ts'

const PATIENCE_SECONDS = 60

export interface Pair {
  readonly announcer: Announcer
  readonly receiver: Receiver
  readonly run: number
}

export async function measureAnnounce(
  { announcer, receiver, run }: Pair,
  plan: BenchPlan,
  sides: { readonly announcer: Setup; readonly receiver: Setup },
): Promise<AnnounceSample[]> {
  const vips = vipSet(plan)
  const sink = await DAEMONS[receiver].start(sides.receiver)
  let source: RunningAnnouncer | undefined
  try {
    source = await ANNOUNCING[announcer].startAnnouncer(sides.announcer, vips)
    const { established } = source
    await until(`${announcer} and ${receiver} are Established`, async () => (await sink.established()) && (await established()), 60)
    await new Promise((resolve) => setTimeout(resolve, plan.settleMs))
    const all = vips.prefixes.length * vips.nextHops.length
    const { announce, withdrawLastHop } = source
    const about = { subject: announcer, receiver, run }
    const timed = (command: () => Promise<void>, paths: number, left: number) =>
      time(command, { paths, left }, { source: source!, sink, setup: sides })
    const announced = await timed(announce, all, all)
    await new Promise((resolve) => setTimeout(resolve, plan.settleMs))
    const withdrawn = await timed(withdrawLastHop, vips.prefixes.length, all - vips.prefixes.length)
    return [
      { type: 'announce', ...about, paths: all, ...announced },
      { type: 'withdraw', ...about, paths: vips.prefixes.length, ...withdrawn },
    ]
  } finally {
    await source?.stop()
    await sink.stop()
  }
}

async function time(
  command: () => Promise<void>,
  /** How many paths are told of, and how many the receiver has then. */
  { paths, left }: { readonly paths: number; readonly left: number },
  on: { source: Running; sink: Running; setup: { readonly announcer: Setup; readonly receiver: Setup } },
): Promise<Omit<AnnounceSample, 'type' | 'subject' | 'receiver' | 'run' | 'paths'>> {
  const tap = await WireTap.open(join(on.setup.announcer.folder, `${left}.pcap`), on.setup.receiver.place.core)
  const pids = family(on.source.pid)
  const before = cpuSeconds(pids)
  const started = now()
  const told = command()
  told.catch(() => {})
  try {
    await until(`the receiver has ${left} paths`, async () => (await on.sink.count()) === left, PATIENCE_SECONDS, 1)
  } catch (error) {
    throw new Error(`${(error as Error).message}; it has ${await on.sink.count()}`)
  }
  const seconds = now() - started
  const cpu = cpuSeconds(pids) - before
  await told
  const { first, last, messages, octets } = await tap.close(paths)
  return {
    seconds,
    firstOctetSeconds: first - started,
    lastOctetSeconds: last - started,
    cpuSeconds: cpu,
    messages,
    octets,
  }
}

/** VIPs from 10.1.0.1 on, next hops from 10.0.0.11 on, which are on the link. */
function vipSet({ vips, nextHops }: BenchPlan): VipSet {
  return {
    prefixes: Array.from({ length: vips }, (_, i) => `10.1.${(i + 1) >> 8}.${(i + 1) & 255}/32`),
    nextHops: Array.from({ length: nextHops }, (_, i) => `10.0.0.${11 + i}`),
  }
}
