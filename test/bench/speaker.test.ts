import { expect, test } from 'vitest'
import { goalsTable } from '../../lab/bench/speaker/goals.ts'
import { readOptions } from '../../lab/bench/speaker/options.ts'
import { bytesField, fieldsOf, join, numberField } from '../../lab/bench/speaker/program/grpc.ts'
import { announcements } from '../../lab/bench/speaker/program/stream.ts'
import { aboutRun, tablesOf } from '../../lab/bench/speaker/tables.ts'
import type { AnnounceSample, BenchRecord, ReceiveSample, Subject } from '../../lab/bench/speaker/terms.ts'
import { decodeMessage, Framer } from '../../src/bgp/wire/index.ts'

test('what is measured by default is what is required: three sizes, five runs, 1,000 VIPs with 16 next hops', () => {
  const { plan } = readOptions([])
  expect(plan).toMatchObject({ runs: 5, sizes: [100_000, 500_000, 1_000_000], vips: 1000, nextHops: 16 })
  expect(plan.subjects).toEqual(['peerlab', 'gobgp', 'frr', 'bird', 'openbgpd'])
  expect(readOptions(['--measure', 'b']).plan).toMatchObject({ sizes: [], vips: 1000, stormSeconds: 0 })
})

test.each([
  [['--only', 'quagga'], '--only quagga: one of peerlab, gobgp'],
  [['--runs', '0'], '--runs 0: 1 to 100'],
  [['--sizes', '1000,x'], '--sizes x: 2 to'],
  [['--measure', 'e'], '--measure e'],
  [['--fast'], "Unknown option '--fast'"],
])('%j is refused by name', (args, words) => {
  expect(() => readOptions(args)).toThrow(words)
})

test('the stream has as many unique prefixes as asked for, the marker last and alone', () => {
  const prefixes = new Set<number>()
  let last = 0
  const framer = new Framer()
  for (const chunk of announcements(10_000)) {
    for (const frame of framer.push(new Uint8Array(chunk)).frames) {
      const decoded = decodeMessage(frame, { fourOctetAs: true, addPath: true })
      if (!decoded.ok || decoded.message.type !== 'update') throw new Error('not an UPDATE')
      expect(decoded.message.errors).toEqual([])
      for (const { address } of decoded.message.nlri) prefixes.add(address)
      last = decoded.message.nlri.length
    }
  }
  expect([prefixes.size, last]).toEqual([10_000, 1])
})

test('protocol buffers are read as they are written', () => {
  const message = join([numberField(1, 300), bytesField(2, 'VIP'), bytesField(21, numberField(18, 1))])
  expect(Buffer.from(message).toString('hex')).toBe('08ac02' + '1203564950' + 'aa01' + '03' + '900101')
  const fields = fieldsOf(message)
  expect(fields.get(1)).toBe(300)
  expect(Buffer.from(fields.get(2) as Uint8Array).toString()).toBe('VIP')
  expect(fieldsOf(fields.get(21) as Uint8Array).get(18)).toBe(1)
})

const receive = (subject: Subject, run: number, seconds: number): ReceiveSample => ({
  type: 'receive',
  subject,
  run,
  prefixes: 1000,
  seconds,
  cpuSeconds: seconds / 2,
  peakBytes: 80e6,
  idleBytes: 60e6,
  held: 1000,
  ...(subject === 'peerlab' ? { longestSliceMs: 4 * run, longestGcMs: run } : {}),
})

test('the tables set everybody beside us, say what is no role, and what failed', () => {
  const record: BenchRecord = {
    measuredAt: '2026-01-02T03:04:05Z',
    machine: { cpu: 'CPU', cores: 2, memoryBytes: 8e9, kernel: '6.1' },
    plan: { ...readOptions(['--sizes', '1000', '--runs', '2', '--only', 'peerlab,frr,bird']).plan, cores: { measured: 1, other: 0 } },
    versions: { frr: '8.4.4' },
    samples: [
      receive('peerlab', 1, 1),
      receive('frr', 1, 4),
      receive('peerlab', 2, 2),
      receive('frr', 2, 4),
      {
        type: 'announce',
        subject: 'bird',
        receiver: 'frr',
        run: 1,
        paths: 16,
        seconds: 0.1,
        firstOctetSeconds: 0.01,
        lastOctetSeconds: 0.02,
        cpuSeconds: 0.03,
        messages: 16,
        octets: 100,
      },
    ],
    failures: [],
  }
  const [goals, table, announce] = tablesOf(record)
  expect(goals?.rows).toEqual([['(a) 1,000 prefixes sooner than FRR', '0.38× its time', 'holds']])
  expect(table?.rows.map((row) => row.slice(0, 3))).toEqual([
    ['peerlab', '1.50 s (1.00 s to 2.00 s)', ''],
    ['FRR', '4.00 s (4.00 s to 4.00 s)', '0.38× (0.25× to 0.50×)'],
    ['BIRD', 'failed', 'failed'],
  ])
  expect(table?.notes).toEqual([
    'peerlab’s longest slice of its event loop, garbage collection included: 6.00 ms (4.00 ms to 8.00 ms); longest collection: 1.50 ms (1.00 ms to 2.00 ms).',
  ])
  expect(announce?.rows.slice(1, 3)).toEqual([
    ['FRR → FRR', 'no such role', '', '', '', '', ''],
    ['BIRD → FRR', '100 ms', '20.0 ms', '20 %', '30.0 ms', '30 %', '16'],
  ])
  expect(aboutRun(record)).toContain('2 run(s) of each, interleaved: peerlab, FRR 8.4.4, BIRD.')
})

test('what is asked of the speaker does not hold where others are better', () => {
  const announce = (subject: 'peerlab' | 'gobgp', lastOctetSeconds: number): AnnounceSample => ({
    type: 'withdraw',
    subject,
    receiver: 'bird',
    run: 1,
    paths: 1000,
    seconds: 0.1,
    firstOctetSeconds: 0.001,
    lastOctetSeconds,
    cpuSeconds: 0.03,
    messages: 3,
    octets: 100,
  })
  const { plan } = readOptions(['--sizes', '1000', '--runs', '1'])
  const record = (samples: BenchRecord['samples']): BenchRecord => ({
    measuredAt: '2026-01-02T03:04:05Z',
    machine: { cpu: 'CPU', cores: 2, memoryBytes: 8e9, kernel: '6.1' },
    plan: { ...plan, cores: { measured: 1, other: 0 } },
    versions: {},
    samples,
    failures: [],
  })
  const verdicts = (...samples: BenchRecord['samples']) => goalsTable(record(samples))?.rows.map(([asked, , holds]) => `${asked}: ${holds}`)
  expect(verdicts(receive('peerlab', 1, 5), receive('gobgp', 1, 4), receive('bird', 1, 1))).toEqual([
    '(a) 1,000 prefixes sooner than GoBGP: does not hold',
    '(a) 1,000 prefixes within 3× of BIRD (aimed at): does not hold',
  ])
  expect(verdicts(announce('peerlab', 0.09), announce('gobgp', 0.08))).toEqual([
    '(c) to BIRD: no larger a share of the time than GoBGP’s: does not hold',
  ])
  expect(verdicts(announce('peerlab', 0.05), announce('gobgp', 0.08))).toEqual([
    '(c) to BIRD: no larger a share of the time than GoBGP’s: holds',
  ])
  expect(goalsTable(record([receive('bird', 1, 1)]))).toBeUndefined()
})
