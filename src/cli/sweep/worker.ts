/** One thread of a sweep: brings up a lab for each batch, and tells of every case as it ends. */
import { parentPort } from 'node:worker_threads'
import { Sweeper } from '../../engine/sim/sweep/index.ts'
import type { Work, WorkerWord } from './pool.ts'

const say = (word: WorkerWord) => parentPort?.postMessage(word)

parentPort?.on('message', ({ plan, seed, batch, baseline }: Work) => {
  try {
    const sweeper = new Sweeper(plan, seed === undefined ? {} : { seed })
    if (baseline) say({ type: 'before', lost: sweeper.lostBefore() })
    for (const failures of batch) say({ type: 'case', found: sweeper.run(failures) })
    say({ type: 'idle' })
  } catch (error) {
    say({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
say({ type: 'idle' })
