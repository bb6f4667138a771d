import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/index.ts'
import { shownPath } from '../../src/cli/topology.ts'
import type { SweepResult } from '../../src/model/index.ts'
import { run } from './command-line.ts'

describe('peerlab sweep', { timeout: 60_000 }, () => {
  test('a VIP that is lost for good ends it with 1, and the table names the line', async () => {
    const { code, out } = await run('sweep', 'split-planes', '--kinds', 'router')
    expect(code).toBe(EXIT.failed)
    expect(out).toMatch(/^split-planes · 4 failures, one by one · [\d.]+ m?s · worst first\n/)
    expect(out).toContain('lost for good  tor3  2 VIPs from client and 5 others')
    expect(out).toMatch(/split-planes\/topology\.yaml:14:\d+ {2}routers\.tor2\.racks: rack1 among the racks of tor2 would save it/)
  })

  test('outages alone end it with 0; --json has everything, worst first', async () => {
    const { code, out } = await run('sweep', 'shared-peers', '--kinds', 'node', '--json', '--timers', 'fast')
    expect(code).toBe(EXIT.pass)
    const result = JSON.parse(out) as SweepResult & { readonly complete: boolean; readonly timers: { readonly name: string } }
    expect(result).toMatchObject({ topology: 'shared-peers', complete: true, lostBefore: [], timers: { name: 'fast' } })
    expect(result.cases).toHaveLength(8)
    const bounds = result.cases.map(({ broken }) => Math.max(...broken.map(({ cause }) => cause?.bound ?? 0)))
    expect(bounds).toEqual(bounds.toSorted((a, b) => b - a))
  })

  test('pairs, on other routers', async () => {
    const { out } = await run('sweep', 'peers-per-rack', '--kinds', 'router', '-k', '2', '--routers', 'gobgp')
    expect(out).toContain('peers-per-rack · 3 pairs of failures')
    expect(out).toContain('tor1 + tor2')
  })

  test('several topologies, each with its own table, record and page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerlab-sweep-'))
    try {
      const both = ['sweep', 'peers-per-rack', 'shared-peers', '--kinds', 'floating-ip']
      const { code, out } = await run(...both, '--report', folder)
      expect(code).toBe(EXIT.pass)
      expect(out).toMatch(/^peers-per-rack · 2 failures/)
      expect(out).toContain('\n\nshared-peers · 2 failures')
      for (const name of ['peers-per-rack', 'shared-peers'])
        expect(await readFile(join(folder, name, 'sweep.html'), 'utf8')).toContain(`<h1>${name}</h1>`)
      const records = JSON.parse((await run(...both, '--json')).out) as SweepResult[]
      expect(records.map(({ topology, cases }) => [topology, cases.length])).toEqual([
        ['peers-per-rack', 2],
        ['shared-peers', 2],
      ])
      // Both are read before the first is swept.
      expect(await run('sweep', 'peers-per-rack', 'shared-peer', '--kinds', 'floating-ip')).toMatchObject({ code: EXIT.usage, out: '' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('--report writes a page and its data', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerlab-sweep-'))
    try {
      const { out } = await run('sweep', 'peers-per-rack', '--kinds', 'floating-ip', '--report', join(folder, 'new'))
      expect(out).toContain(`page: ${shownPath(join(folder, 'new', 'sweep.html'))}`)
      expect(await readFile(join(folder, 'new', 'sweep.html'), 'utf8')).toContain('<h1>peers-per-rack</h1>')
      const data = JSON.parse(await readFile(join(folder, 'new', 'sweep.json'), 'utf8')) as SweepResult
      expect(data.cases.map(({ name }) => name)).toEqual(['floating IP 10.0.1.100', 'floating IP 10.0.2.100'])
      expect(await run('sweep', 'peers-per-rack', '--kinds', 'floating-ip', '--report', '/dev/null/x')).toMatchObject({ code: EXIT.usage })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('a report that cannot be written in the end leaves the table', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerlab-sweep-'))
    try {
      await symlink('/dev/full', join(folder, 'sweep.json'))
      const { code, out, err } = await run('sweep', 'peers-per-rack', '--kinds', 'floating-ip', '--report', folder)
      expect(code).toBe(EXIT.usage)
      expect(out).toContain('peers-per-rack · 2 failures, one by one')
      expect(err).toContain('cannot be written: ENOSPC')
      const json = await run('sweep', 'peers-per-rack', '--kinds', 'floating-ip', '--report', folder, '--json')
      expect([json.code, JSON.parse(json.out)]).toMatchObject([EXIT.usage, { topology: 'peers-per-rack', complete: true }])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('what cannot be asked for is said, and what was meant', async () => {
    const wrong = await run('sweep', 'shared-peers', '--kinds', 'nod')
    expect(wrong).toMatchObject({ code: EXIT.usage })
    expect(wrong.err).toContain('did you mean node?')
    expect((await run('sweep', 'shared-peers', '-k', '3')).err).toContain('write 1 or 2')
    expect(await run('sweep', 'nowhere')).toMatchObject({ code: EXIT.usage })
  })

  test("a router's own configuration cannot be simulated", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerlab-sweep-'))
    try {
      const source = new URL('../../topologies/split-planes/', import.meta.url)
      const topology = await readFile(new URL('topology.yaml', source), 'utf8')
      await writeFile(join(folder, 'topology.yaml'), topology.replace('tor1: { kind: frr,', 'tor1: { kind: frr, config: tor1.conf,'))
      await writeFile(join(folder, 'cluster.yaml'), await readFile(new URL('cluster.yaml', source), 'utf8'))
      await writeFile(join(folder, 'tor1.conf'), 'hostname tor1\n')
      const { code, err } = await run('sweep', folder)
      expect(code).toBe(EXIT.usage)
      expect(err).toContain('tor1.conf is a configuration for the daemon itself, and a sweep is simulated')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('an interrupt ends it with 130 and what was found until then', async () => {
    const running = run('sweep', 'shared-peers', '-k', '2', '--kinds', 'node,link')
    setTimeout(() => process.emit('SIGINT'), 1_500)
    const { code, out, err } = await running
    expect(code).toBe(EXIT.interrupted)
    expect(out).toContain('shared-peers · ')
    expect(err).toMatch(/interrupted: \d+ of 2\d\d tried/)
  })
})
