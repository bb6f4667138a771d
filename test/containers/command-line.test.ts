import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peerlab as command, repository } from './peerlab.ts'
import { type TestEngine, testEngine } from './support.ts'

/** `peerlab`, run as a user runs it: what it prints, what it answers to the shell, and what it leaves. */
const folder = mkdtempSync(join(tmpdir(), 'peerlab-cli-'))
let engine: TestEngine

beforeAll(async () => {
  engine = await testEngine()
  const others = await containers()
  if (others.length > 0)
    throw new Error(`labs are running on this engine, and \`down --all\` is tried here: remove them first (${others.join(' ')})`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const peerlab = (...args: string[]) => command(args)

async function containers(): Promise<string[]> {
  const found = await engine.docker.listContainers({ all: true, filters: { label: ['peerlab.lab'] } })
  return found.flatMap((info) => info.Names)
}

/** The one lab that is running. */
async function kept(): Promise<string> {
  const found = await engine.docker.listContainers({ filters: { label: ['peerlab.lab'] } })
  return found[0]!.Labels['peerlab.lab']!
}

/** Resolves at the first container of a new lab. */
async function firstContainer(): Promise<void> {
  const events = await engine.docker.getEvents({ filters: { type: ['container'], event: ['start'], label: ['peerlab.lab'] } })
  await new Promise<void>((resolve) => events.once('data', () => resolve()))
  ;(events as unknown as { destroy(): void }).destroy()
}

describe('peerlab scenario', () => {
  it('passes, reports to a file, and leaves nothing', async () => {
    const file = join(folder, 'report.json')
    const run = peerlab('scenario', 'ecmp-fan-out', '--routers', 'frr', '--repeat-each', '2', '--ahead', '--json', file)
    expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining('2 passed')])
    const report = JSON.parse(readFileSync(file, 'utf8'))
    expect(report.scenarios).toHaveLength(2)
    expect(report.scenarios[0]).toMatchObject({
      name: 'ecmp-fan-out',
      verdict: 'passed',
      routers: { tor1: 'FRR 8.4.4', tor2: 'FRR 8.4.4' },
    })
    for (const assertion of report.scenarios[0].assertions.filter((each: { within?: number }) => each.within !== undefined))
      expect(assertion).toMatchObject({ holds: true, timeToHold: expect.any(Number) })
    expect(await containers()).toEqual([])
  })

  it.each([
    ['while it comes up', firstContainer],
    ['in the middle of a scenario', undefined],
  ])('cleans up after Ctrl-C %s, with 130', async (_, moment) => {
    const early = moment?.()
    const run = peerlab('scenario', 'node-failure/lb-node', '--routers', 'frr')
    await (early ?? run.said(/up in/))
    run.child.kill('SIGINT')
    expect([await run.ended, run.output()]).toEqual([130, expect.anything()])
    expect(await containers()).toEqual([])
  })

  it("refuses routers' own files before anything starts: all of them, each error with its line", async () => {
    const own = join(folder, 'own')
    cpSync(join(repository, 'topologies/shared-peers'), own, { recursive: true })
    const topology = readFileSync(join(own, 'topology.yaml'), 'utf8')
    writeFileSync(
      join(own, 'topology.yaml'),
      topology
        .replace('tor1: { kind: frr,', 'tor1: { kind: frr, config: tor1.frr.conf,')
        .replace('tor2: { kind: frr,', 'tor2: { kind: gobgp, config: tor2.toml,'),
    )
    writeFileSync(join(own, 'tor1.frr.conf'), 'hostname tor1\nrouter bgp 65002\nbanana\n')
    writeFileSync(join(own, 'tor2.toml'), '')
    const run = peerlab('up', own)
    expect(await run.ended).toBe(2)
    expect(run.output()).toMatch(
      /tor1\.frr\.conf:3: error: .*banana[\s\S]*tor2\.toml:1: error: no \[global\.config\][\s\S]*nothing was started/,
    )
    expect(await containers()).toEqual([])
  })

  it('fails where a router dies that nobody killed, and says which', async () => {
    const run = peerlab('scenario', 'node-failure/other-node', '--routers', 'frr')
    await run.said(/up in/)
    const [tor2] = await engine.docker.listContainers({ filters: { label: ['peerlab.device=tor2'] } })
    await engine.docker.getContainer(tor2!.Id).kill()
    expect(await run.ended).toBe(1)
    expect(run.output()).toMatch(/tor2: the program ended.*nobody asked it to/)
    expect(await containers()).toEqual([])
  })

  it('reaps at the next start what a killed run left, and only that', async () => {
    const kept = peerlab('up', 'shared-peers')
    expect([await kept.ended, kept.output()]).toEqual([0, expect.stringContaining('up in')])
    const before = await containers()
    const killed = peerlab('scenario', 'node-failure/lb-node', '--routers', 'frr')
    await killed.said(/up in/)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect((await containers()).length).toBe(2 * before.length)
    const next = peerlab('scenario', 'ecmp-fan-out', '--routers', 'frr')
    expect([await next.ended, next.output()]).toEqual([0, expect.stringContaining('1 passed')])
    expect((await containers()).sort()).toEqual(before.sort())
  })

  it('looks into a lab that was left running, and removes it', async () => {
    const sessions = peerlab('sessions', '--json')
    expect([await sessions.ended, sessions.output()]).toEqual([0, expect.stringContaining('10.0.1.100')])
    const routes = peerlab('routes', 'tor1', '10.0.0.1/32')
    expect([await routes.ended, routes.output()]).toEqual([0, expect.stringMatching(/BGP[\s\S]*10\.0\.1\.20[\s\S]*FIB[\s\S]*10\.0\.1\.20/)])
    const exec = peerlab('exec', 'node-04', '--', 'cat', '/proc/sys/net/ipv4/ip_forward')
    expect([await exec.ended, exec.output()]).toEqual([0, '1\n'])
    const failing = peerlab('exec', 'node-04', '--', 'false')
    expect(await failing.ended).toBe(1)
    const lab = await kept()
    const same = peerlab('diff', lab, lab)
    expect([await same.ended, same.output()]).toEqual([0, expect.stringMatching(/traffic +\d+ the same\n\nno difference/)])
    const [node] = await engine.docker.listContainers({ filters: { label: ['peerlab.device=node-05'] } })
    await engine.docker.getContainer(node!.Id).kill()
    const dead = peerlab('exec', 'node-05', '--', 'true')
    expect([await dead.ended, dead.output()]).toEqual([3, expect.stringContaining('node-05 is not running')])
    const down = peerlab('down', '--all')
    expect([await down.ended, down.output()]).toEqual([0, expect.stringContaining('removed')])
    expect(await containers()).toEqual([])
  })
})
