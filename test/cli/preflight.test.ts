import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EXIT, main } from '../../src/cli/index.ts'
import { matrixLines, verdictLine } from '../../src/cli/preflight-lines.ts'
import { shownPath } from '../../src/cli/topology.ts'
import { judge } from '../../src/cluster/preflight/index.ts'
import { PLAIN } from '../../src/report/index.ts'
import { cell, good, look, reached, sessionOf, silent, tor1, VIP } from '../cluster/preflight/facts.ts'

describe('exit codes of preflight, no engine reached', () => {
  let folder: string
  let err = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerlab-preflight-'))
    vi.stubEnv('DOCKER_HOST', `unix://${folder}/no-engine.sock`)
    err = ''
    vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += text
      return true
    })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    process.exitCode = undefined
    await rm(folder, { recursive: true })
  })
  const run = (...args: string[]) => main(['node', 'peerlab', 'preflight', ...args])

  test('R34: 2 on bad input: a topology that is not there, one with errors, a word that is none', async () => {
    expect([await run('shared-peer'), err]).toEqual([EXIT.usage, expect.stringContaining('did you mean shared-peers?')])
    const file = join(folder, 'topology.yaml')
    await writeFile(file, 'name: x\nracks: {}\n')
    expect([await run(file), err]).toEqual([EXIT.usage, expect.stringContaining('nothing was started')])
    expect(await run('shared-peers', '--routers', 'ios')).toBe(EXIT.usage)
    expect(await run()).toBe(EXIT.usage)
    expect([await run('shared-peers', '--routers', 'tor9=frr'), err]).toEqual([EXIT.usage, expect.stringContaining('tor9')])
  })

  test('R34: 2 where nothing can be written, said before a lab is there', async () => {
    await writeFile(join(folder, 'file'), '')
    const workspace = join(folder, 'file')
    expect(await run('shared-peers', '--engine', 'sim', '--workspace', workspace)).toBe(EXIT.usage)
    expect(err).toContain(`--workspace: ${shownPath(join(workspace, 'bm', 'log'))} cannot be made: ENOTDIR`)
    const report = join(folder, 'nowhere', 'x.json')
    expect(await run('shared-peers', '--engine', 'sim', '--workspace', folder, '--json', report)).toBe(EXIT.usage)
    expect(err).toContain(`--json ${report} cannot be written: ENOENT`)
  })

  test('R34: a log folder for each run, also for two in one second', async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const once = () => run('shared-peers', '--engine', 'sim', '--workspace', folder)
    expect(await Promise.all([once(), once()])).toEqual([EXIT.pass, EXIT.pass])
    const runs = await readdir(join(folder, 'bm', 'log'))
    expect(runs).toHaveLength(2)
    for (const each of runs) expect(await readdir(join(folder, 'bm', 'log', each))).toContain('report.json')
  })

  test('R34: 3 without an engine', async () => {
    expect([await run('shared-peers'), err]).toEqual([EXIT.environment, expect.stringContaining('no-engine.sock')])
  })
})

describe('the matrix', () => {
  const devices = (names: readonly string[]) => names.map((name) => ({ name }) as never)
  const plan = { nodes: devices(['node-01', 'node-02', 'node-03']), clients: devices(['client']) }
  const from = (name: string, arrived: number, answered: number) => ({
    ...reached,
    from: name,
    arrived,
    result: { sent: 5, answered, heldHere: false },
  })
  const other = { ...cell, node: 'node-02', localIP: '10.0.1.11' }
  const report = judge(
    VIP,
    [
      good([from('node-02', 1, 1), from('node-03', 0, 0), from('client', 5, 0)]),
      { ...sessionOf({ outcome: silent, look: look('timeout') }), cell: other },
    ],
    [
      {
        peerIP: cell.peerIP,
        router: tor1,
        announcing: [{ node: 'node-01', address: cell.localIP }],
        paths: [{ nextHop: cell.localIP, valid: true, used: true }],
      },
    ],
  )

  test('R34: a row for each node and peer, a column for each sender; marks that tell without colour', () => {
    const lines = matrixLines(report, plan, PLAIN, 100)
    expect(lines.slice(1, 6)).toEqual([
      '                                                10.0.0.8 reached from',
      '    node     peer             session    announced  01 02 03 client',
      '    node-01  tor1 10.0.1.254  ✓ 90 ms    ✓          ·  ✓  ✗  ↩',
      '    node-02  tor1 10.0.1.254  ✗          –          –  ·  –  –',
      '    01 is node-01; ✓ answered  ↩ arrives, no answer comes back  ✗ does not arrive  · itself  – not tried',
    ])
    expect(lines).toContain('    ✓ all at once: tor1 10.0.1.254 → 10.0.0.8: 1 of 1 nodes used')
    expect(lines.flatMap((line) => /^ {2}✗ (.*?):/.exec(line)?.[1] ?? [])).toEqual([
      'node-01 → tor1 10.0.1.254  reachability',
      'node-01 → tor1 10.0.1.254  reachability',
      'node-02 → tor1 10.0.1.254  session',
    ])
    expect(lines.filter((line) => line.includes('cure  '))).toHaveLength(3)
  })

  test('R34: where the columns do not fit, counts and names', () => {
    const many = { ...plan, nodes: devices(Array.from({ length: 40 }, (_, index) => `node-${String(index + 1).padStart(2, '0')}`)) }
    const lines = matrixLines(report, many, PLAIN, 80)
    expect(lines[3]).toBe('    node-01  tor1 10.0.1.254  ✓ 90 ms    ✓          1 of 3, not node-03 ✗, client ↩')
    expect(lines[4]).toBe('    node-02  tor1 10.0.1.254  ✗          –          –')
  })

  test('the last line says how many are bad, and what was left', () => {
    const run = { length: 12_300_000, left: 0, log: 'out/bm/log/x' }
    expect(verdictLine(report, run, PLAIN)).toBe('  2 of 2 bad, 3 causes · 12.3 s · nothing left behind · log: out/bm/log/x')
    expect(verdictLine(judge(VIP, [good()], []), { ...run, left: 2 }, PLAIN)).toBe(
      '  1 of 1 good · 12.3 s · 2 containers left behind · log: out/bm/log/x',
    )
  })
})
