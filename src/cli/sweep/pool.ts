/** Runs the batches of sweeps on all cores, one thread each; who sweeps several topologies does so on the same threads, which are warm then. */
import { getCompileCacheDir } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { BrokenPath, Failure, SweepCase } from '../../model/index.ts'
import type { Plan } from '../../topology/plan.ts'
import { fromSource } from '../package.ts'

export interface Work {
  readonly plan: Plan
  readonly seed: string | undefined
  readonly batch: readonly (readonly Failure[])[]
  /** Also tell what is lost before anything fails. */
  readonly baseline: boolean
}

export type WorkerWord =
  /** It waits for work: it has started, or has done the last. */
  | { readonly type: 'idle' }
  | { readonly type: 'before'; readonly lost: readonly BrokenPath[] }
  | { readonly type: 'case'; readonly found: SweepCase }
  | { readonly type: 'failed'; readonly message: string }

export interface Sweep {
  readonly plan: Plan
  readonly seed: string | undefined
  readonly batches: readonly (readonly (readonly Failure[])[])[]
  readonly signal: AbortSignal
  readonly onCase: (found: SweepCase) => void
}

export interface Swept {
  readonly cases: readonly SweepCase[]
  readonly lostBefore: readonly BrokenPath[]
}

interface Thread {
  readonly worker: Worker
  idle: boolean
}

export class Pool {
  readonly #most: number
  readonly #threads: Thread[] = []
  /** Of the sweep that runs. */
  #hear: (thread: Thread, word: WorkerWord) => void = () => {}
  #fail: (error: Error) => void = () => {}

  /** `threads`: as many as there are cores where absent. */
  constructor(threads = availableParallelism()) {
    this.#most = threads
  }

  /** One at a time. Resolves with what there is when the signal aborts, and the pool is of no use any more; rejects with what went wrong in a thread. */
  sweep({ plan, seed, batches, signal, onCase }: Sweep): Promise<Swept> {
    const waiting = batches.map((batch, index): Work => ({ plan, seed, batch, baseline: index === 0 }))
    const cases: SweepCase[] = []
    let lostBefore: readonly BrokenPath[] = []
    const { promise, resolve, reject } = Promise.withResolvers<Swept>()
    const end = () => resolve({ cases, lostBefore })
    const give = (thread: Thread) => {
      const work = thread.idle ? waiting.shift() : undefined
      if (work !== undefined) {
        thread.idle = false
        thread.worker.postMessage(work)
      } else if (waiting.length === 0 && this.#threads.every(({ idle }) => idle)) end()
    }
    this.#fail = reject
    this.#hear = (thread, word) => {
      if (word.type === 'case') {
        cases.push(word.found)
        onCase(word.found)
      } else if (word.type === 'before') lostBefore = word.lost
      else if (word.type === 'failed') reject(new Error(word.message))
      else {
        thread.idle = true
        give(thread)
      }
    }
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted || waiting.length === 0) end()
    while (this.#threads.length < Math.min(this.#most, waiting.length)) this.#threads.push(this.#start())
    for (const thread of [...this.#threads]) if (thread.idle) give(thread)
    return promise.finally(() => signal.removeEventListener('abort', end))
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #start(): Thread {
    // A thread does not take part in what this one has compiled unless it is told where that lies.
    const compiled = getCompileCacheDir()
    const worker = new Worker(new URL(fromSource ? 'worker.ts' : 'worker.js', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
      ...(compiled !== undefined && { env: { ...process.env, NODE_COMPILE_CACHE: dirname(compiled) } }),
    })
    const thread: Thread = { worker, idle: false }
    worker.on('message', (word: WorkerWord) => this.#hear(thread, word))
    worker.on('error', (error: Error) => this.#fail(error))
    return thread
  }
}

/** MB: a simulated lab makes much that lives for a moment; with Node's 16 a tenth of a sweep goes into copying what is still in use. */
const YOUNG_GENERATION = 64
