/**
 * (a): a target takes so many unique prefixes over one ADD-PATH session.
 *
 * The clock starts before the first octet is given to the kernel, and stops when a look into the target's own table finds the marker: the
 * prefix in the last UPDATE. All five work a session's messages off in their order, so by then the others are there; the target's own count
 * is held to that afterwards, off the clock. Everybody is asked in the same way: one question at a time over a control connection that is
 * kept open (OpenBGPD has no such thing for others: bgpctl is run), the next a millisecond after the answer.
 */
import type { ReceiveSample, Subject } from '../terms.ts'
import { now } from './clock.ts'
import { type Running, type Setup, until } from './daemon.ts'
import type { RunningPeerlab } from './peerlab.ts'
import { cpuSeconds, family, peakMemory } from './proc.ts'
import { RawPeer } from './raw-peer.ts'
import { announcements, MARKER } from './stream.ts'
import { DAEMONS } from './subjects.ts'

/** Longer than anybody takes for a million. */
const PATIENCE_SECONDS = 240

export interface ReceiveTask {
  readonly subject: Subject
  readonly prefixes: number
  readonly run: number
  readonly settleMs: number
}

export async function measureReceive({ subject, prefixes, run, settleMs }: ReceiveTask, setup: Setup): Promise<ReceiveSample> {
  const stream = announcements(prefixes)
  const target = await DAEMONS[subject].start(setup)
  let peer: RawPeer | undefined
  try {
    peer = await RawPeer.open(setup)
    await until(`${subject} is Established`, () => target.established(), 30)
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    const pids = family(target.pid)
    const idleBytes = peakMemory(pids)
    if (isPeerlab(target)) await target.loop()
    const cpuBefore = cpuSeconds(pids)
    const started = now()
    const sent = peer.send(stream)
    // Told below; a session that ends in between must not end this program.
    sent.catch(() => {})
    await until(`${subject} holds ${prefixes} prefixes`, () => target.holds(MARKER), PATIENCE_SECONDS, 1)
    const seconds = now() - started
    const cpu = cpuSeconds(pids) - cpuBefore
    const peakBytes = peakMemory(pids)
    const loop = isPeerlab(target) ? await target.loop() : {}
    await sent
    const held = await target.count()
    if (held !== prefixes) throw new Error(`${subject} has ${held} of ${prefixes} prefixes, the last one among them`)
    return { type: 'receive', subject, run, prefixes, seconds, cpuSeconds: cpu, peakBytes, idleBytes, held, ...loop }
  } finally {
    peer?.close()
    await target.stop()
  }
}

export function isPeerlab(target: Running): target is RunningPeerlab {
  return 'loop' in target
}
