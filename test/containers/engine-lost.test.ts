import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_SOCKET } from '../../src/engine/docker/client.ts'
import { peerlab } from './peerlab.ts'
import { type TestEngine, testEngine } from './support.ts'

/** An engine that goes away in the middle of a run: here the way to it does, by a socket of the test's own before the real one. */
const folder = mkdtempSync(join(tmpdir(), 'peerlab-lost-'))
const host = process.env.DOCKER_HOST ?? ''
const real = host.startsWith('unix://') ? host.slice('unix://'.length) : DEFAULT_SOCKET
let engine: TestEngine
let labs: Set<string>

async function running(): Promise<Set<string>> {
  const found = await engine.docker.listContainers({ all: true, filters: { label: ['peerlab.lab'] } })
  return new Set(found.flatMap((info) => info.Labels['peerlab.lab'] ?? []))
}

beforeAll(async () => {
  engine = await testEngine()
  labs = await running()
})
// What the command could not remove any more.
afterEach(async () => {
  for (const lab of await running()) if (!labs.has(lab)) await peerlab(['down', lab]).ended
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function wayToEngine(name: string) {
  const path = join(folder, name)
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = createConnection(real)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const lose = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  return { environment: { DOCKER_HOST: `unix://${path}` }, path, lose }
}

describe('an engine that is lost in the middle of', () => {
  it('a scenario ends the run with 3, says so, and runs nothing further', async () => {
    const way = await wayToEngine('scenario.sock')
    const run = peerlab(['scenario', 'node-failure', '--routers', 'frr'], way.environment)
    await run.said(/up in/)
    await way.lose()
    expect([await run.ended, run.output()]).toEqual([3, expect.stringContaining(`the Docker engine at ${way.path} does not answer`)])
    expect(run.output()).toContain('0 passed · 1 failed')
    expect(run.output()).toMatch(/what ran on it may be left: .*down --all/)
  })

  it('preflight checks ends with 3 as well', async () => {
    const way = await wayToEngine('preflight.sock')
    const run = peerlab(['preflight', 'shared-peers', '--workspace', folder], way.environment)
    await run.said(/up in/)
    await way.lose()
    expect([await run.ended, run.output()]).toEqual([3, expect.stringContaining(`the Docker engine at ${way.path} does not answer`)])
  })
})
