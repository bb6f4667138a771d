/** What is asked of the speaker, and whether the samples show it. By medians; ratios run by run. */
import { ratios, spreadOf } from '../statistics.ts'
import { duration, memory, type Table, times } from '../text.ts'
import { type AnnounceSample, type BenchRecord, NAMES, type ReceiveSample, type StormSample, type Subject } from './terms.ts'

const SLOWER: readonly Subject[] = ['gobgp', 'frr', 'openbgpd']
/** Times BIRD's, at the most. */
const BIRDS = 3
/** Prefixes at which memory is compared: at fewer it is Node's own that counts. */
const MEMORY_AT = 500_000
/** A keepalive may come this much later than it is due. */
const LATE = 1.2

type Row = readonly [asked: string, seen: string, holds: boolean]

/** Nothing where the run was of too few to tell. */
export function goalsTable({ samples, plan }: BenchRecord): Table | undefined {
  const receive = samples.filter((sample) => sample.type === 'receive')
  const rows = [
    ...plan.sizes.flatMap((prefixes) => receiveRows(receive.filter((sample) => sample.prefixes === prefixes))),
    ...(['announce', 'withdraw'] as const).flatMap((type) =>
      plan.receivers.flatMap((receiver) =>
        shareRows(samples.filter((sample): sample is AnnounceSample => sample.type === type && sample.receiver === receiver)),
      ),
    ),
    ...stormRows(samples.filter((sample) => sample.type === 'storm')),
  ]
  if (rows.length === 0) return undefined
  return {
    title: 'What is asked, and what was seen',
    columns: ['asked', 'seen', ''],
    rows: rows.map(([a, b, holds]) => [a, b, holds ? 'holds' : 'does not hold']),
  }
}

function receiveRows(all: readonly ReceiveSample[]): Row[] {
  const of = (subject: Subject) => all.filter((sample) => sample.subject === subject)
  const ours = of('peerlab')
  const size = all[0]?.prefixes.toLocaleString('en') ?? ''
  const rows = SLOWER.flatMap((subject): Row[] => {
    const ratio = median(ratios(byRun(ours, seconds), byRun(of(subject), seconds)))
    return ratio === undefined ? [] : [[`(a) ${size} prefixes sooner than ${NAMES[subject]}`, `${times(ratio)} its time`, ratio < 1]]
  })
  const bird = median(ratios(byRun(ours, seconds), byRun(of('bird'), seconds)))
  if (bird !== undefined) rows.push([`(a) ${size} prefixes within ${BIRDS}× of BIRD (aimed at)`, `${times(bird)} its time`, bird <= BIRDS])
  const [own, frr] = [ours, of('frr')].map((each) => median(each.map((sample) => sample.peakBytes)))
  if (own !== undefined && frr !== undefined && all[0]?.prefixes === MEMORY_AT)
    rows.push([`(a) ${size} prefixes in no more memory than FRR (aimed at)`, `${memory(own)} to ${memory(frr)}`, own <= frr])
  return rows
}

/** The announcer's part of the time: until its last octet is out. As a share of the whole, and as it is. */
function shareRows(all: readonly AnnounceSample[]): Row[] {
  const [ours, theirs] = (['peerlab', 'gobgp'] as const).map((subject) => all.filter((sample) => sample.subject === subject))
  const [first] = all
  if (ours === undefined || theirs === undefined || first === undefined) return []
  const part = (samples: readonly AnnounceSample[]) => median(samples.map((sample) => sample.lastOctetSeconds))
  const share = (samples: readonly AnnounceSample[]) => median(samples.map((sample) => sample.lastOctetSeconds / sample.seconds))
  const [a, b, c, d] = [share(ours), share(theirs), part(ours), part(theirs)]
  if (a === undefined || b === undefined || c === undefined || d === undefined) return []
  const percent = (value: number) => `${Math.round(value * 100)} %`
  const task = first.type === 'announce' ? '(b)' : '(c)'
  return [
    [
      `${task} to ${NAMES[first.receiver]}: no larger a share of the time than GoBGP’s`,
      `${percent(a)} to ${percent(b)} (${duration(c)} to ${duration(d)})`,
      a <= b && c <= d,
    ],
  ]
}

function stormRows(all: readonly StormSample[]): Row[] {
  const ours = all.filter((sample) => sample.subject === 'peerlab')
  const gap = median(ours.map((sample) => sample.longestGapSeconds))
  const due = ours[0]?.keepaliveSeconds
  if (gap === undefined || due === undefined) return []
  return [['(d) keepalives on time', `${duration(gap)} at the most, due every ${duration(due)}`, gap <= due * LATE]]
}

const seconds = (sample: ReceiveSample) => sample.seconds

function byRun<S extends { readonly run: number }>(samples: readonly S[], value: (sample: S) => number): Map<number, number> {
  return new Map(samples.map((sample) => [sample.run, value(sample)]))
}

function median(values: readonly number[]): number | undefined {
  return spreadOf(values)?.median
}
