import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestEngine, testEngine } from './support.ts'

/** `peerlab preflight` as a user runs it: what it prints, answers to the shell, logs, and leaves. */
const repository = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'peerlab-preflight-'))
let engine: TestEngine

beforeAll(async () => {
  engine = await testEngine()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function preflight(topology: string, workspace: string, ...options: string[]) {
  const args = ['preflight', `test/containers/preflight/${topology}`, '--workspace', join(folder, workspace), ...options]
  const child = spawn(process.execPath, ['--conditions=peerlab-source', 'bin/peerlab.js', ...args], {
    cwd: repository,
    env: { ...process.env, NO_COLOR: '1' },
  })
  let output = ''
  const { promise: up, resolve } = Promise.withResolvers<void>()
  const hear = (data: Buffer) => {
    output += data
    if (/up in/.test(output)) resolve()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return { child, up, output: () => output, ended: new Promise<number | null>((done) => child.on('close', done)) }
}

async function containers(lab: string): Promise<string[]> {
  const found = await engine.docker.listContainers({ all: true, filters: { label: ['peerlab.lab'] } })
  return found.flatMap((info) => info.Names).filter((name) => name.includes(`peerlab-${lab}-`))
}

function logFolder(workspace: string): string {
  const base = join(folder, workspace, 'bm/log')
  const names = readdirSync(base)
  expect(names).toEqual([expect.stringMatching(/^preflight-\d{8}-\d{6}$/)])
  return join(base, names[0]!)
}

describe('peerlab preflight', () => {
  it('R34: 0 where all is good; a matrix, a log for each node and peer in a dated folder, and nothing left', async () => {
    const run = preflight('topology.yaml', 'good', '--json', join(folder, 'good.json'))
    expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining('4 of 4 good')])
    expect(run.output()).toMatch(
      /node {5}peer +session +announced +01 02 03 04 client\n +node-01 {2}tor1 10\.0\.1\.254 +✓ [\d.]+ m?s +✓ +· {2}✓ {2}✓ {2}✓ {2}✓\n/,
    )
    expect(run.output()).toContain('nothing left behind')
    const report = JSON.parse(readFileSync(join(folder, 'good.json'), 'utf8'))
    expect(report).toMatchObject({ cluster: 'bm', passed: true, findings: [], leftBehind: [] })
    const logs = logFolder('good')
    expect(readdirSync(logs).sort()).toEqual([
      'events.ndjson',
      'node-01-10.0.1.254.log',
      'node-02-10.0.1.254.log',
      'node-03-10.0.2.254.log',
      'node-04-10.0.2.254.log',
      'report.json',
    ])
    expect(readFileSync(join(logs, 'node-03-10.0.2.254.log'), 'utf8')).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z state changed [\s\S]*BGP_FSM_ESTABLISHED[\s\S]*sent update[\s\S]*from node-01: answered[\s\S]*withdrawals="\[10\.0\.0\.8\/32/,
    )
    expect(await containers('preflight')).toEqual([])
  })

  it('R34: 1 where a check failed: routers’ own configurations with a fault each, every cause with its cure', async () => {
    const run = preflight('faulty', 'faulty', '--json', '-')
    expect([await run.ended, run.output()]).toEqual([1, expect.stringContaining('3 of 4 bad, 3 causes')])
    for (const code of ['no-import-policy', 'neighbor-not-configured', 'peer-expects-other-asn'])
      expect(run.output()).toContain(`(${code})`)
    expect(run.output()).toContain('cure  at the peer, give 10.0.2.11 the cluster')
    expect(JSON.parse(readFileSync(join(logFolder('faulty'), 'report.json'), 'utf8')).findings).toHaveLength(3)
    expect(await containers('faulty')).toEqual([])
  })

  it('R34: 130 after Ctrl-C in the middle, with nothing left', async () => {
    const run = preflight('topology.yaml', 'stopped')
    await run.up
    run.child.kill('SIGINT')
    expect([await run.ended, run.output()]).toEqual([
      130,
      expect.stringMatching(/interrupted, not judged · [\d.]+ m?s · nothing left behind · log: /),
    ])
    expect(await containers('preflight')).toEqual([])
    expect(existsSync(join(logFolder('stopped'), 'events.ndjson'))).toBe(true)
  })
})
