import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EXIT } from '../../src/cli/index.ts'
import { exitCode, placeIn, wordsFor } from '../../src/cli/scenario.ts'
import { run } from './command-line.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerlab-cli-'))
  vi.stubEnv('DOCKER_HOST', `unix://${folder}/no-engine.sock`)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

test('what runs a scenario again: its file or folder where one was given, its own name, timers that are not the usual ones', () => {
  const found = [
    { name: 'mine', file: join(process.cwd(), 'my own/mine.ts') },
    { name: 'other', file: join(process.cwd(), 'scenarios/other.ts') },
  ]
  const words = (name: string, given: readonly string[], scenarios?: string, timers: 'fast' | 'default' = 'fast') =>
    wordsFor(name, given, found, { timers, ...(scenarios !== undefined && { scenarios }) }).join(' ')
  expect(words('mine', ['my own/mine.ts'])).toBe('my own/mine.ts mine')
  expect(words('mine/variant', ['./my own/mine.ts', 'scenarios/other.ts'])).toBe('./my own/mine.ts mine/variant')
  expect(words('other', ['other'])).toBe('other')
  expect(words('other', [], 'scenarios', 'default')).toBe('--scenarios scenarios other --timers default')
})

describe('exit codes', () => {
  test('0: version, help, and the list of scenarios, without any engine', async () => {
    expect(await run('--version')).toMatchObject({ code: EXIT.pass, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    expect((await run('--help')).code).toBe(EXIT.pass)
    const list = await run('scenario', '--list')
    expect(list.code).toBe(EXIT.pass)
    expect(list.out).toContain('node-failure/lb-node')
    expect((await run('scenario', '--list', '--controls')).out).toContain('control: all devices hash with one seed')
  })

  test('1: a scenario failed, or its control did', () => {
    expect(exitCode([{ verdict: 'passed' }, { verdict: 'failed' }], false)).toBe(EXIT.failed)
    expect(exitCode([{ verdict: 'error' }], false)).toBe(EXIT.failed)
    expect(exitCode([{ verdict: 'passed' }], false)).toBe(EXIT.pass)
    expect(exitCode([{ verdict: 'passed' }], true)).toBe(EXIT.interrupted)
  })

  test('2: unknown words and values', async () => {
    expect((await run('nonsense')).code).toBe(EXIT.usage)
    expect((await run('scenario', '--bogus')).code).toBe(EXIT.usage)
    expect((await run('scenario', '--timers', 'slow')).code).toBe(EXIT.usage)
    expect((await run('scenario', '--repeat-each', '0')).code).toBe(EXIT.usage)
    const routers = await run('scenario', '--routers', 'tor1=cisco')
    expect(routers.code).toBe(EXIT.usage)
    expect((await run('routes', 'tor1', '10.0.0.1/33')).code).toBe(EXIT.usage)
  })

  test('2: a scenario file that cannot be loaded, with the place that the error names', async () => {
    const file = join(folder, 'thrown.ts')
    await writeFile(file, "\nthrow new Error('boom')\n")
    expect(await run('scenario', file)).toMatchObject({
      code: EXIT.usage,
      err: expect.stringMatching(/thrown\.ts:2:7 cannot be loaded: Error: boom/),
    })
    const syntax = Object.assign(new SyntaxError('Expression expected'), { stack: '/a/b.ts:3\n})\n^\n\nSyntaxError: Expression expected' })
    expect(placeIn('/a/b.ts', syntax)).toBe(':3')
    expect(placeIn('/a/other.ts', syntax)).toBe('')
  })

  test('2: routers that the topology does not have', async () => {
    const { code, err } = await run('scenario', 'ecmp-fan-out', '--routers', 'tor9=frr')
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('shared-peers has no router tor9; it has tor1, tor2, core')
  })

  test('2: a topology that is not there, or is wrong, with its lines, before any engine is asked for', async () => {
    const missing = await run('up', 'shared-peer')
    expect(missing).toMatchObject({ code: EXIT.usage, err: expect.stringContaining('did you mean shared-peers?') })
    const file = join(folder, 'topology.yaml')
    await writeFile(file, 'name: x\ncluster: c.yaml\nracks: { rack1: 10.0.1.0/24 }\nrouterz: {}\n')
    const wrong = await run('up', file)
    expect(wrong.code).toBe(EXIT.usage)
    expect(wrong.err).toMatch(/topology\.yaml:4:1: error: .*routerz/)
    expect(wrong.err).toContain('> 4 | routerz: {}')
  })

  test('2: a scenario file that does not load', async () => {
    const file = join(folder, 'broken.mjs')
    await writeFile(file, "throw new Error('half written')\n")
    expect(await run('scenario', file)).toMatchObject({ code: EXIT.usage, err: expect.stringContaining('half written') })
  })

  test('3: no engine, with what to do', async () => {
    for (const args of [['ps'], ['scenario', 'ecmp-fan-out'], ['up', 'shared-peers'], ['sessions'], ['down', '--all']]) {
      const { code, err } = await run(...args)
      expect(code, args.join(' ')).toBe(EXIT.environment)
      expect(err).toContain('DOCKER_HOST')
    }
  })

  test('4: nothing matched', async () => {
    expect(await run('scenario', 'nope')).toMatchObject({
      code: EXIT.nothing,
      err: expect.stringMatching(/there are: .*add-path, .*ecmp-fan-out, .*node-failure/),
    })
  })
})
