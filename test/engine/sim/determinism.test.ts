import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('hash-main.ts', import.meta.url))
const run = promisify(execFile)

async function inProcess(seed: string, environment: Record<string, string> = {}, scenario = 'node-failure/lb-node'): Promise<string> {
  const args = ['--conditions=peerlab-source', MAIN, scenario, seed]
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...environment } })
  return stdout
}

function inWorker(seed: string): Promise<string> {
  const worker = new Worker(MAIN, { workerData: ['node-failure/lb-node', seed], execArgv: ['--conditions=peerlab-source'] })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

describe('the same seed gives the same event log', () => {
  test('in two processes, in a worker, in another time zone and language; another seed gives another', async () => {
    const first = await inProcess('one')
    expect(first).toMatch(/^node-failure\/lb-node passed \d{3,} [0-9a-f]{64}$/)
    expect(await inProcess('one', { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' })).toBe(first)
    expect(await inWorker('one')).toBe(first)
    expect(await inProcess('two')).not.toBe(first)
  })

  test('also where a program prints local time', async () => {
    const first = await inProcess('one', {}, 'manual-verification')
    expect(first).toMatch(/^manual-verification passed \d{3,} [0-9a-f]{64}$/)
    expect(await inProcess('one', { TZ: 'Pacific/Kiritimati' }, 'manual-verification')).toBe(first)
  })
})
