/**
 * The bench's program in its container: `program PLAN` measures and prints JSON lines (terms.ts); `program target OPTIONS` is our speaker as
 * a process to be measured. It ends when its standard input does: whoever started it is gone then, and nobody wants the rest.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchPlan, ProgramLine } from '../terms.ts'
import { measureAnnounce } from './announce.ts'
import type { Setup } from './daemon.ts'
import { ASN_HERE, ASN_THERE, Ground, HERE, moveTo, THERE } from './place.ts'
import { measureReceive } from './receive.ts'
import { measureStorm } from './storm.ts'
import { DAEMONS } from './subjects.ts'
import { runTarget, type TargetOptions } from './target.ts'

const FOLDER = '/run/bench'
/** The routing world's own default; no timer of it is to run out in a measurement. */
const CALM = { holdTimeSeconds: 180, keepaliveSeconds: 60 }
const BRISK = { holdTimeSeconds: 9, keepaliveSeconds: 1 }

const say = (line: ProgramLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

async function bench(plan: BenchPlan): Promise<void> {
  const { measured, other } = plan.cores
  await moveTo(other)
  const ground = new Ground()
  await ground.make()
  const versions = await Promise.all(plan.subjects.map(async (subject) => [subject, await DAEMONS[subject].version()] as const))
  say({ type: 'versions', versions: Object.fromEntries(versions) })
  const there = (timers: typeof CALM, core: number): Setup => ({
    ground,
    place: { side: 'there', core },
    address: THERE,
    asn: ASN_THERE,
    peerAddress: HERE,
    peerAsn: ASN_HERE,
    passive: true,
    folder: newFolder('there'),
    ...timers,
  })
  const here = (): Setup => ({
    ground,
    place: { side: 'here', core: measured },
    address: HERE,
    asn: ASN_HERE,
    peerAddress: THERE,
    peerAsn: ASN_THERE,
    passive: false,
    folder: newFolder('here'),
    ...CALM,
  })
  const attempt = async (what: string, measure: () => Promise<void>) => {
    say({ type: 'note', text: what })
    try {
      await measure()
    } catch (error) {
      say({ type: 'failed', what, why: (error as Error).message })
    }
  }
  // Interleaved: whatever the machine does besides meets everybody alike.
  for (let run = 1; run <= plan.runs; run++) {
    for (const prefixes of plan.sizes) {
      for (const subject of plan.subjects) {
        const what = `run ${run}: ${subject} receives ${prefixes} prefixes`
        await attempt(what, async () =>
          say(await measureReceive({ subject, prefixes, run, settleMs: plan.settleMs }, there(CALM, measured))),
        )
      }
    }
    for (const receiver of plan.vips > 0 ? plan.receivers : []) {
      for (const announcer of plan.subjects) {
        if (announcer === 'frr' || announcer === 'openbgpd') continue
        const what = `run ${run}: ${announcer} announces ${plan.vips} VIPs to ${receiver}`
        const sides = () => ({ announcer: here(), receiver: there(CALM, other) })
        await attempt(what, async () => {
          for (const sample of await measureAnnounce({ announcer, receiver, run }, plan, sides())) say(sample)
        })
      }
    }
  }
  if (plan.stormSeconds > 0) {
    const prefixes = plan.stormPrefixes
    for (const subject of plan.subjects) {
      const what = `${subject}: ${prefixes} prefixes again and again for ${plan.stormSeconds} s`
      await attempt(what, async () => say(await measureStorm(subject, prefixes, plan.stormSeconds, 1, there(BRISK, measured))))
    }
  }
  ground.end()
  say({ type: 'done' })
}

function newFolder(name: string): string {
  const folder = join(FOLDER, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return folder
}

const [first = '', options = '{}'] = process.argv.slice(2)
if (first === 'target') runTarget(JSON.parse(options) as TargetOptions)
else {
  process.stdin.on('end', () => process.exit(1)).resume()
  await bench(JSON.parse(first) as BenchPlan)
  process.exit(0)
}
