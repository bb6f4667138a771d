import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { BenchRecord } from '../../lab/bench/speaker/terms.ts'
import { connectEngine } from '../../src/engine/docker/client.ts'
import { LABELS } from '../../src/engine/docker/protocol.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'peerlab-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a failed test left running goes, and its container with it. */
const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

function bench(...options: string[]) {
  const child = spawn(process.execPath, ['--conditions=peerlab-source', 'lab/bench/main.ts', 'speaker', ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const said = async (words: string) => {
    while (!errors.includes(words)) await once(child.stderr, 'data')
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output, errors }))
  return { child, said, ended }
}

async function engine() {
  const found = await connectEngine()
  if (!found.ok) throw new Error(found.message)
  return found.docker
}

/** Resolves when the engine has no container of that owner's any more; it tells of each that it removes. */
async function gone(pid: number | undefined): Promise<void> {
  const docker = await engine()
  const filters = { label: [`${LABELS.lab}=bench-${pid}`] }
  const events = await docker.getEvents({ filters: { ...filters, event: ['destroy'] } })
  const told = new Promise((resolve) => {
    events.once('data', resolve)
    events.once('close', resolve)
  })
  if ((await docker.listContainers({ all: true, filters })).length > 0) await told
  ;(events as unknown as { destroy(): void }).destroy()
  expect(await docker.listContainers({ all: true, filters })).toEqual([])
}

test('every daemon is measured in everything that it has a role in', async () => {
  const file = join(folder, 'quick.json')
  const { child, ended } = bench('--quick', '--json', file)
  const { code, output, errors } = await ended
  expect([code, errors.includes('failed')], errors).toEqual([0, false])
  const { samples, versions } = JSON.parse(readFileSync(file, 'utf8')) as BenchRecord
  const said = samples.map((sample) => [sample.type, sample.subject, 'receiver' in sample ? sample.receiver : ''].join(' ').trim())
  const all = ['peerlab', 'gobgp', 'frr', 'bird', 'openbgpd']
  const pairs = ['frr', 'bird'].flatMap((to) =>
    ['peerlab', 'gobgp', 'bird'].flatMap((from) => [`announce ${from} ${to}`, `withdraw ${from} ${to}`]),
  )
  expect(said).toEqual([...all.map((one) => `receive ${one}`), ...pairs, ...all.map((one) => `storm ${one}`)])
  expect(Object.keys(versions)).toEqual(all)
  for (const sample of samples) {
    expect(sample.seconds, JSON.stringify(sample)).toBeGreaterThan(0)
    if (sample.type === 'receive') expect(sample).toMatchObject({ prefixes: 1000, held: 1000 })
    else if (sample.type !== 'storm') expect(sample).toMatchObject({ paths: sample.type === 'announce' ? 80 : 20 })
  }
  expect(output).toContain('OpenBGPD → BIRD  no such role')
  await gone(child.pid)
})

test('Ctrl-C ends it and leaves nothing behind', async () => {
  const { child, said, ended } = bench('--sizes', '500000', '--only', 'gobgp', '--measure', 'a')
  await said('run 1: gobgp')
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 130, output: '' })
  await gone(child.pid)
})

test('nor does its sudden death', async () => {
  const { child, said, ended } = bench('--sizes', '500000', '--only', 'gobgp', '--measure', 'a')
  await said('run 1: gobgp')
  child.kill('SIGKILL')
  await ended
  await gone(child.pid)
})
