/**
 * (d): the whole table is sent again and again, each time with other attributes, and keepalives are due every second: how long it takes at
 * most from one to the next, as the peer sees it, and for how long our own event loop was not to be had.
 */
import type { StormSample, Subject } from '../terms.ts'
import { type Setup, until } from './daemon.ts'
import { RawPeer } from './raw-peer.ts'
import { isPeerlab } from './receive.ts'
import { announcements, ending } from './stream.ts'
import { DAEMONS } from './subjects.ts'

export async function measureStorm(subject: Subject, prefixes: number, seconds: number, run: number, setup: Setup): Promise<StormSample> {
  const streams = [announcements(prefixes, 0), announcements(prefixes, 1)]
  const target = await DAEMONS[subject].start(setup)
  let peer: RawPeer | undefined
  try {
    peer = await RawPeer.open(setup)
    await until(`${subject} is Established`, () => target.established(), 30)
    if (isPeerlab(target)) await target.loop()
    const from = performance.now()
    let rounds = 0
    for (; performance.now() - from < seconds * 1000; rounds++) {
      await peer.send(streams[rounds % 2]!)
      const { prefix, chunks } = ending(rounds)
      await peer.send(chunks)
      // No further ahead than a round: what waits in somebody's queue has not arrived.
      await until(`${subject} has it all`, () => target.holds(prefix), 240, 1)
    }
    const to = performance.now()
    const loop = isPeerlab(target) ? await target.loop() : {}
    // The one before it began, and the first after it ended, close the gaps.
    await until('another keepalive', async () => peer!.heard.some((at) => at > to), setup.holdTimeSeconds)
    const beats = peer.heard.filter((at, i, all) => (all[i + 1] ?? at) > from && (all[i - 1] ?? at) < to)
    const gaps = beats.slice(1).map((at, i) => at - beats[i]!)
    if (peer.ended !== undefined) throw new Error(`the session ended: ${peer.ended}`)
    return {
      type: 'storm',
      subject,
      run,
      prefixes,
      seconds: (to - from) / 1000,
      routes: rounds * prefixes,
      keepaliveSeconds: setup.keepaliveSeconds,
      longestGapSeconds: Math.max(...gaps) / 1000,
      keepalives: gaps.length,
      ...loop,
    }
  } finally {
    peer?.close()
    await target.stop()
  }
}
