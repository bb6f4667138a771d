import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { PROGRAMS } from '../../src/engine/docker/images/programs.ts'

/** Every entry point, started once with plain Node: Vitest is more lenient about imports and types than Node's own type stripping. */
const repository = fileURLToPath(new URL('../../', import.meta.url))

function start(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=peerlab-source', ...args], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data) => {
      stdout += data
    })
    child.stderr.on('data', (data) => {
      stderr += data
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

describe('entry points start with plain Node', () => {
  it.each(PROGRAMS)('the program %s', async (name) => {
    const { code, stdout, stderr } = await start(`src/engine/docker/programs/${name}.ts`, 'operations')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trim().split('\n').length).toBeGreaterThan(1)
  })

  it.each([
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['--help'], /^Usage: peerlab/],
    [['scenario', '--list'], /^add-path\/on /],
    ...['setup', 'preflight', 'scenario', 'up', 'ps', 'exec', 'sessions', 'routes', 'sweep', 'down'].map(
      (name) => [[name, '--help'], new RegExp(`^Usage: peerlab ${name}`)] as const,
    ),
  ] as const)('peerlab %j', async (args, said) => {
    const { code, stdout, stderr } = await start('bin/peerlab.js', ...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(said)
  })

  it.each(['net', 'model', 'world', 'bgp', 'cluster', 'topology', 'scenario', 'preflight', 'report', 'cli'])(
    'the room %s',
    async (room) => {
      expect(await start('--input-type=module', '-e', `await import('./src/${room}/index.ts')`)).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      })
    },
  )
})
