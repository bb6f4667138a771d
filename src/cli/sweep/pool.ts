/** Runs a sweep's batches on all cores, one thread each. */
import { getCompileCacheDir } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { BrokenPath, Failure, SweepCase } from '../../model/index.ts'
import type { Plan } from '../../topology/plan.ts'
import { fromSource } from '../package.ts'

export interface WorkerStart {
  readonly plan: Plan
  readonly seed: string | undefined
}

export interface Work {
  readonly batch: readonly (readonly Failure[])[]
  /** Also tell what is lost before anything fails. */
  readonly baseline: boolean
}

export type WorkerWord =
  | { readonly type: 'idle' }
  | { readonly type: 'before'; readonly lost: readonly BrokenPath[] }
  | { readonly type: 'case'; readonly found: SweepCase }
  | { readonly type: 'failed'; readonly message: string }

export interface PoolOptions extends WorkerStart {
  readonly batches: readonly (readonly (readonly Failure[])[])[]
  readonly signal: AbortSignal
  readonly onCase: (found: SweepCase) => void
  /** Default: as many as there are cores. */
  readonly threads?: number
}

export interface Pooled {
  readonly cases: readonly SweepCase[]
  readonly lostBefore: readonly BrokenPath[]
}

/** Resolves with what there is when the signal aborts. Rejects with what went wrong in a thread. */
export function runBatches({ plan, seed, batches, signal, onCase, threads = availableParallelism() }: PoolOptions): Promise<Pooled> {
  const waiting = batches.map((batch, index): Work => ({ batch, baseline: index === 0 }))
  const cases: SweepCase[] = []
  let lostBefore: readonly BrokenPath[] = []
  const { promise, resolve, reject } = Promise.withResolvers<Pooled>()
  const workers = Array.from({ length: Math.min(threads, waiting.length) }, () => start({ plan, seed }))
  let busy = workers.length
  const end = () => resolve({ cases, lostBefore })
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted || busy === 0) end()
  for (const worker of workers) {
    worker.on('message', (word: WorkerWord) => {
      if (word.type === 'case') {
        cases.push(word.found)
        onCase(word.found)
      } else if (word.type === 'before') lostBefore = word.lost
      else if (word.type === 'failed') reject(new Error(word.message))
      else {
        const work = waiting.shift()
        if (work !== undefined) worker.postMessage(work)
        else if (--busy === 0) end()
      }
    })
    worker.on('error', reject)
  }
  return promise.finally(async () => {
    signal.removeEventListener('abort', end)
    await Promise.all(workers.map((worker) => worker.terminate()))
  })
}

/** MB: a simulated lab makes much that lives for a moment; with Node's 16 a tenth of a sweep goes into copying what is still in use. */
const YOUNG_GENERATION = 64

function start(data: WorkerStart): Worker {
  // A thread does not take part in what this one has compiled unless it is told where that lies.
  const compiled = getCompileCacheDir()
  return new Worker(new URL(fromSource ? 'worker.ts' : 'worker.js', import.meta.url), {
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    ...(compiled !== undefined && { env: { ...process.env, NODE_COMPILE_CACHE: dirname(compiled) } }),
  })
}
