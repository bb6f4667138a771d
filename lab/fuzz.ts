/**
 * `npm run fuzz [-- COUNT [SEED]]`: the long run of the message fuzzer (test/bgp/fuzz). Ten million mutated messages by default, from a
 * seed that it prints; the same seed gives the same messages. It measures the heap after a collection along the way, and fails where that
 * grows, where anything throws, and where one slice takes more than ten seconds of the processor's time.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fuzz, newCounts } from '../test/bgp/fuzz/fuzz.ts'

const SLICE = 50_000
/** What a heap may differ by between two collections for reasons of its own. */
const LEEWAY = 4 * 1024 * 1024
const SLOWEST_SECONDS = 10

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const total = Number(process.argv[2] ?? 10_000_000)
const firstSeed = Number(process.argv[3] ?? Math.floor(Math.random() * 0x7fffffff))
if (!Number.isInteger(total) || total < 1 || !Number.isInteger(firstSeed)) {
  console.error('npm run fuzz [-- COUNT [SEED]]')
  process.exit(2)
}
console.log(`${total} messages, seed ${firstSeed} (again: npm run fuzz -- ${total} ${firstSeed})`)

const counts = newCounts()
const started = process.hrtime.bigint()
let base: number | undefined
let slowest = 0
let highest = 0
for (let done = 0, slice = 0; done < total; done += SLICE, slice++) {
  const from = process.cpuUsage()
  fuzz((firstSeed + slice) & 0x7fffffff, Math.min(SLICE, total - done), counts)
  // Of the processor's time: on a busy machine a slice waits for its turn.
  const { user, system } = process.cpuUsage(from)
  slowest = Math.max(slowest, (user + system) / 1e6)
  if (slice % 20 !== 0) continue
  collect()
  const heap = process.memoryUsage().heapUsed
  // The first slices load and compile.
  if (slice >= 20) base ??= heap
  highest = Math.max(highest, base === undefined ? 0 : heap - base)
  console.log(`${String(done + SLICE).padStart(9)}  heap ${(heap / 1024 / 1024).toFixed(1)} MB`)
}
const seconds = Number(process.hrtime.bigint() - started) / 1e9
const kinds = [...counts.notifications].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
console.log(
  `${counts.messages} messages in ${seconds.toFixed(0)} s: ${counts.decoded} read, ${counts.survived} of them with errors survived`,
)
console.log(`${counts.refused} refused: ${kinds.map(([kind, count]) => `${kind} × ${count}`).join(', ')}`)
console.log(`heap grew by ${(highest / 1024 / 1024).toFixed(2)} MB at most; slowest slice of ${SLICE}: ${slowest.toFixed(1)} s`)
if (highest > LEEWAY || slowest > SLOWEST_SECONDS) {
  console.error(highest > LEEWAY ? 'memory grows' : 'a slice hung')
  process.exit(1)
}
