/** What the samples come to, as tables. Ratios are taken run by run, since the runs are interleaved. */
import { ratios, type Spread, spreadOf } from '../statistics.ts'
import { duration, memory, type Table, times, withSpread } from '../text.ts'
import { goalsTable } from './goals.ts'
import {
  type Announcer,
  type AnnounceSample,
  type BenchRecord,
  NAMES,
  NO_ROLE,
  type Receiver,
  type ReceiveSample,
  type StormSample,
  type Subject,
} from './terms.ts'

const OURS = 'peerlab'

export function aboutRun({ measuredAt, machine, plan, versions }: BenchRecord): string {
  const { cpu, cores, memoryBytes, kernel } = machine
  const who = plan.subjects.map((subject) => `${NAMES[subject]} ${versions[subject] ?? ''}`.trim()).join(', ')
  return `Measured ${measuredAt.slice(0, 10)} on ${cores} × ${cpu}, ${memory(memoryBytes)}, Linux ${kernel}; ${plan.runs} run(s) of each, interleaved: ${who}.`
}

export function tablesOf(record: BenchRecord): Table[] {
  const receive = record.samples.filter((sample) => sample.type === 'receive')
  const announce = record.samples.filter((sample): sample is AnnounceSample => sample.type === 'announce')
  const withdraw = record.samples.filter((sample): sample is AnnounceSample => sample.type === 'withdraw')
  const storm = record.samples.filter((sample) => sample.type === 'storm')
  const goals = goalsTable(record)
  return [
    ...(goals === undefined ? [] : [goals]),
    ...record.plan.sizes.map((prefixes) => receiveTable(prefixes, receive, record.plan.subjects)),
    ...(announce.length > 0 ? [announceTable('(b) announce', announce, record), announceTable('(c) withdraw', withdraw, record)] : []),
    ...(storm.length > 0 ? [stormTable(storm)] : []),
  ]
}

function receiveTable(prefixes: number, all: readonly ReceiveSample[], subjects: readonly Subject[]): Table {
  const of = (subject: Subject) => all.filter((sample) => sample.prefixes === prefixes && sample.subject === subject)
  const ours = of(OURS)
  const rows = subjects.map((subject) => {
    const samples = of(subject)
    return [
      NAMES[subject],
      shown(
        samples.map((sample) => sample.seconds),
        duration,
      ),
      against(ours, samples, (sample) => sample.seconds),
      shown(
        samples.map((sample) => sample.cpuSeconds),
        duration,
      ),
      against(ours, samples, (sample) => sample.cpuSeconds),
      shown(
        samples.map((sample) => sample.peakBytes),
        memory,
      ),
      shown(
        samples.map((sample) => sample.idleBytes),
        memory,
      ),
    ]
  })
  const slices = spreadOf(ours.flatMap((sample) => sample.longestSliceMs ?? []))
  const gc = spreadOf(ours.flatMap((sample) => sample.longestGcMs ?? []))
  return {
    title: `(a) receive ${prefixes.toLocaleString('en')} prefixes`,
    columns: [
      '',
      'until all are in the table',
      'peerlab’s time to it',
      'time on the core',
      'peerlab’s to it',
      'peak memory',
      'before the session',
    ],
    rows,
    ...(slices && gc ? { notes: [sliceNote(slices, gc)] } : {}),
  }
}

function announceTable(what: string, all: readonly AnnounceSample[], { plan }: BenchRecord): Table {
  const of = (announcer: Announcer, receiver: Receiver) =>
    all.filter((sample) => sample.subject === announcer && sample.receiver === receiver)
  const rows = plan.receivers.flatMap((receiver) =>
    plan.subjects.map((subject) => {
      const name = `${NAMES[subject]} → ${NAMES[receiver]}`
      if (subject === 'frr' || subject === 'openbgpd') return [name, 'no such role', '', '', '', '', '']
      const samples = of(subject, receiver)
      const cell = (value: (sample: (typeof samples)[number]) => number, form: (value: number) => string) => shown(samples.map(value), form)
      return [
        name,
        cell((sample) => sample.seconds, duration),
        cell((sample) => sample.lastOctetSeconds, duration),
        cell((sample) => sample.lastOctetSeconds / sample.seconds, percent),
        cell((sample) => sample.cpuSeconds, duration),
        cell((sample) => sample.cpuSeconds / sample.seconds, percent),
        cell((sample) => sample.messages, String),
      ]
    }),
  )
  const task = what.startsWith('(b)') ? `${plan.vips} VIPs × ${plan.nextHops} next hops` : `one next hop of ${plan.vips} VIPs`
  return {
    title: `${what} ${task}`,
    columns: ['', 'until the peer has it', 'last octet out after', 'its share', 'announcer on its core', 'its share', 'UPDATEs'],
    rows,
    notes: plan.subjects.flatMap((subject) =>
      subject === 'frr' || subject === 'openbgpd' ? [`${NAMES[subject]} ${NO_ROLE[subject]}.`] : [],
    ),
  }
}

function stormTable(all: readonly StormSample[]): Table {
  return {
    title: `(d) keepalives while ${all[0]?.prefixes.toLocaleString('en')} prefixes are announced again and again`,
    columns: ['', 'routes a second', 'longest time between keepalives', 'due every', 'longest slice', 'longest garbage collection'],
    rows: all.map((sample) => [
      NAMES[sample.subject],
      Math.round(sample.routes / sample.seconds).toLocaleString('en'),
      duration(sample.longestGapSeconds),
      duration(sample.keepaliveSeconds),
      ...[sample.longestSliceMs, sample.longestGcMs].map((ms) => (ms === undefined ? 'not told' : duration(ms / 1000))),
    ]),
  }
}

function against<S extends { readonly run: number }>(ours: readonly S[], theirs: readonly S[], value: (sample: S) => number): string {
  if (ours === theirs || ours[0] === theirs[0]) return ''
  const byRun = (samples: readonly S[]) => new Map(samples.map((sample) => [sample.run, value(sample)]))
  return shown(ratios(byRun(ours), byRun(theirs)), times)
}

function shown(values: readonly number[], unit: (value: number) => string): string {
  const spread = spreadOf(values)
  return spread === undefined ? 'failed' : withSpread(spread, unit)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function sliceNote(slices: Spread, gc: Spread): string {
  const ms = (value: number) => duration(value / 1000)
  return `peerlab’s longest slice of its event loop, garbage collection included: ${withSpread(slices, ms)}; longest collection: ${withSpread(gc, ms)}.`
}
