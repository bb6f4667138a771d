import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { EXIT } from '../../src/cli/index.ts'
import { type Machine, whichEngine } from '../../src/cli/which-engine.ts'
import { runOn } from './command-line.ts'

const SOCKET = '/var/run/docker.sock'

/** A machine that has only what is said here. */
function machine({ host, there = [] }: { host?: string; there?: readonly string[] } = {}): Machine {
  return {
    environment: { DOCKER_HOST: host },
    sockets: [SOCKET, '/home/a/.docker/run/docker.sock'],
    exists: (path) => there.includes(path),
  }
}

const NONE = `unix:///no-such-folder/docker.sock`

describe('which engine', () => {
  test('the simulator where there is no Docker engine, which is said with the command that gets real routers', () => {
    const { engine, notice } = whichEngine(undefined, 'scenario node-failure', machine())
    expect(engine).toBe('sim')
    expect(notice).toMatch(/^simulated, as there is no Docker engine here \(no DOCKER_HOST, no \/var\/run\/docker\.sock\)/)
    expect(notice).toMatch(/ setup && .* scenario node-failure --engine docker$/)
    expect(whichEngine(undefined, 'scenario', machine({ host: '' })).engine).toBe('sim')
  })

  test('Docker where one is named, or a socket is there', () => {
    expect(whichEngine(undefined, 'scenario', machine({ host: NONE }))).toEqual({ engine: 'docker' })
    expect(whichEngine(undefined, 'scenario', machine({ there: [SOCKET] }))).toEqual({ engine: 'docker' })
    expect(whichEngine(undefined, 'scenario', machine({ there: ['/home/a/.docker/run/docker.sock'] }))).toEqual({ engine: 'docker' })
  })

  test('the one that is asked for, whatever there is', () => {
    expect(whichEngine('sim', 'scenario', machine({ there: [SOCKET] }))).toEqual({ engine: 'sim' })
    expect(whichEngine('docker', 'scenario', machine())).toEqual({ engine: 'docker' })
  })
})

describe('peerlab scenario on a machine without Docker', () => {
  test('runs in the simulator, and says so first', async () => {
    const { code, out } = await runOn(machine(), 'scenario', 'ecmp-fan-out', '--routers', 'mixed', '--seed', 'x')
    const [notice, heading] = out.split('\n')
    expect(notice).toMatch(/^simulated, .* scenario ecmp-fan-out --engine docker$/)
    expect(heading).toContain('simulator, in virtual time, seed x')
    expect(out).toContain('tor1 FRR 8.4, simulated, tor2 GoBGP 3.10, simulated')
    expect(out).toMatch(/✓ ecmp-fan-out/)
    expect(code).toBe(EXIT.pass)
  })

  test('what needs a real shell is listed as not run, and not counted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerlab-shell-'))
    try {
      const file = join(folder, 'by-hand.mjs')
      const body = "async ({ lab }) => { await lab.node('node-01').exec('uname', '-r') }"
      const scenario = fileURLToPath(new URL('../../src/scenario/index.ts', import.meta.url))
      writeFileSync(
        file,
        `import { scenario } from '${scenario}'\nscenario('by hand', { topology: 'shared-peers', needs: ['shell'] }, ${body})\n`,
      )
      const only = await runOn(machine(), 'scenario', file)
      expect(only.code).toBe(EXIT.nothing)
      expect(only.err).toContain('by-hand not run: it needs a real shell on its devices: --engine docker')
      const { out } = await runOn(machine(), 'scenario', file, 'scenarios/ecmp-fan-out.ts', '--routers', 'frr')
      expect(out).toMatch(/ – by-hand not run: .*\n\n {2}1 passed/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('an engine that is named and does not answer is no reason to simulate', async () => {
    vi.stubEnv('DOCKER_HOST', NONE)
    const { code, out, err } = await runOn(machine({ host: NONE }), 'scenario', 'ecmp-fan-out')
    vi.unstubAllEnvs()
    expect({ code, out }).toEqual({ code: EXIT.environment, out: '' })
    expect(err).toContain('the Docker engine at')
  })

  test('what an engine does not have is said before anything runs', async () => {
    expect((await runOn(machine(), 'scenario', 'ecmp-fan-out', '--keep')).code).toBe(EXIT.usage)
    expect((await runOn(machine(), 'scenario', '--engine', 'docker', '--seed', '1')).code).toBe(EXIT.usage)
    expect((await runOn(machine(), 'scenario', '--engine', 'gns3')).code).toBe(EXIT.usage)
  })
})
