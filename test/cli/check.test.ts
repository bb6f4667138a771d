import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/index.ts'
import { run } from './command-line.ts'

const check = (...args: string[]) => run('check', ...args)

const topology = (path: string) => fileURLToPath(new URL(`../../topologies/${path}`, import.meta.url))
const PRINTED = topology('split-planes/as-printed.yaml')
const CORRECTED = topology('split-planes/cluster.yaml')

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerlab-check-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe("the document's third example", () => {
  test('as it is printed: errors before warnings, each with its place and cure; 4 sessions, the fifth lost; exit 2', async () => {
    const { code, out } = await check(PRINTED)
    expect(code).toBe(EXIT.usage)
    const lines = out.split('\n')
    const severities = lines.flatMap((line) => /^\S+:\d+:\d+ +(error|warning|note) /.exec(line)?.[1] ?? [])
    expect(severities).toEqual(
      severities.toSorted((a, b) => ['error', 'warning', 'note'].indexOf(a) - ['error', 'warning', 'note'].indexOf(b)),
    )
    const at = lines.findIndex((line) => line.includes('10.0.2.11 is not a control-plane node'))
    expect(lines[at]).toMatch(/as-printed\.yaml:34:13 +error /)
    expect(lines[at + 1]).toMatch(/^ +→ did you mean 10\.0\.2\.10\?$/)
    expect(lines.filter((line) => / 65001 → 65002 /.test(line))).toHaveLength(4)
    expect(out).toMatch(/10\.0\.2\.10 → 10\.0\.2\.254 +lost +control plane: .*10\.0\.2\.11/)
    expect(out).toMatch(/^9 errors, 2 warnings · 4 sessions, 1 lost$/m)
  })

  test('corrected: exit 0, with warnings', async () => {
    const { code, out } = await check(CORRECTED)
    expect(code).toBe(EXIT.pass)
    expect(out).toMatch(/^0 errors, 1 warning · 5 sessions$/m)
    expect(out).toMatch(/^network {4}10\.0\.1\.254 {2}AS 65002, must know 10\.0\.1\.10, 10\.0\.1\.11 \(control plane\) in AS 65001$/m)
  })

  test('for machines: errors apart from warnings', async () => {
    const { code, out } = await check('--json', PRINTED)
    expect(code).toBe(EXIT.usage)
    const told = JSON.parse(out)
    expect(told.errors).toBe(9)
    expect(told.clusters).toHaveLength(1)
    expect(told.clusters[0]).toMatchObject({
      cluster: 'bm',
      lost: [{ localIP: '10.0.2.10' }],
      files: [expect.stringContaining('as-printed.yaml')],
    })
    expect(told.clusters[0].errors[0]).toMatchObject({ code: 'pasted-placeholder', line: 12, column: 1, severity: 'error' })
    expect(told.clusters[0].warnings).toHaveLength(2)
  })
})

describe('router configurations', () => {
  test('of every peer, on standard output alone, so that it can be piped', async () => {
    const { code, out, err } = await check(topology('peers-per-rack'), '--router-config', 'frr')
    expect(code).toBe(EXIT.pass)
    expect(out.split('\n').filter((line) => line === 'router bgp 65002')).toHaveLength(2)
    expect(out).not.toContain('warning')
    expect(err).toContain('next hops')
  })

  test('of one peer', async () => {
    const { out } = await check(topology('peers-per-rack'), '--router-config', 'bird', '--peer', '10.0.2.254')
    expect(out).toContain('router id 10.0.2.254;')
    expect(out).not.toContain('router id 10.0.1.254;')
    expect(await check(CORRECTED, '--router-config', 'bird', '--peer', '10.0.2.25')).toMatchObject({
      code: EXIT.nothing,
      err: expect.stringContaining('did you mean 10.0.2.254?'),
    })
  })

  test('none while there are errors', async () => {
    const { code, out, err } = await check(PRINTED, '--router-config', 'frr')
    expect(code).toBe(EXIT.usage)
    expect(out).toBe('')
    expect(err).toContain('no configuration is printed while there are errors')
  })

  test('an unknown system is a usage error that lists them', async () => {
    expect(await check(CORRECTED, '--router-config', 'junos')).toMatchObject({
      code: EXIT.usage,
      err: expect.stringContaining('cisco-nxos'),
    })
    expect((await check(CORRECTED, '--peer', '10.0.1.254')).code).toBe(EXIT.usage)
  })
})

describe('files', () => {
  test('the documents of one cluster in two files', async () => {
    const text = await readFile(topology('shared-peers/cluster.yaml'), 'utf8')
    const at = text.indexOf('\n---\n')
    const [one, two] = [join(folder, 'cluster.yaml'), join(folder, 'bgp.yaml')]
    await writeFile(one, text.slice(0, at))
    await writeFile(two, text.slice(at + 5))
    expect(await check(two, one)).toMatchObject({ code: EXIT.pass, out: expect.stringContaining('10 sessions') })
    expect((await check(one)).code).toBe(EXIT.usage)
  })

  test('several clusters, each by itself; one in error is enough for 2', async () => {
    const { code, out } = await check(CORRECTED, PRINTED)
    expect(code).toBe(EXIT.usage)
    expect(out).toContain('0 errors, 1 warning · 5 sessions')
    expect(out).toContain('4 sessions, 1 lost')
  })

  test('a topology by its name', async () => {
    const { code, out } = await check(CORRECTED, '--topology', 'split-planes', '--json')
    expect(code).toBe(EXIT.pass)
    expect(JSON.parse(out).clusters[0].sessions[0].node).toBe('node-01')
    expect(await check('peers-per-rack')).toMatchObject({ code: EXIT.pass, out: expect.stringContaining('7 sessions') })
    expect(await check('peers-per-rak')).toMatchObject({ code: EXIT.usage, err: expect.stringContaining('did you mean peers-per-rack?') })
  })

  test('a topology that names a folder where its cluster file should be: its line, and no EISDIR', async () => {
    const text = await readFile(topology('shared-peers/topology.yaml'), 'utf8')
    for (const named of ['./', '.', 'sub', 'sub/']) {
      const file = join(folder, 'topology.yaml')
      await mkdir(join(folder, 'sub'), { recursive: true })
      await writeFile(file, text.replace('cluster: cluster.yaml', `cluster: ${named}`))
      for (const words of [
        ['check', file],
        ['check', folder],
        ['up', folder],
      ]) {
        const { code, err } = await run(...words)
        expect([code, err]).toEqual([EXIT.usage, expect.stringMatching(/topology\.yaml:4:10: error: cluster: /)])
        expect(err).not.toMatch(/EISDIR|ENOTDIR/)
      }
    }
    expect((await check(join(folder, 'sub'))).err).toContain('there is no file')
  })

  test('that are not there, or hold nothing', async () => {
    expect(await check(join(folder, 'none.yaml'))).toMatchObject({ code: EXIT.usage, err: expect.stringContaining('there is no file') })
    await writeFile(join(folder, 'empty.yaml'), '')
    expect(await check(join(folder, 'empty.yaml'))).toMatchObject({ code: EXIT.usage, out: expect.stringContaining('no `kind: Cluster`') })
    expect((await check(CORRECTED, '--subnets', '10.0.1.0')).code).toBe(EXIT.usage)
  })
})
