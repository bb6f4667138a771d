/**
 * `npm run build`: makes `dist`, what the published package runs. Modules and their types by tsc, the containers' programs as
 * single-file bundles in `dist/programs`, the programs to copy to a machine (standalone.ts), and the scenarios with their types stripped in place (lines and columns stay), because Node
 * does not strip types under node_modules.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePrograms } from '../src/engine/docker/images/index.ts'
import { buildStandalone } from './standalone.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
timed('modules', () => {
  const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
})

const bundles = await bundlePrograms()
timed(`${bundles.size} container programs`, () => {
  mkdirSync(join(dist, 'programs'), { recursive: true })
  for (const [name, bytes] of bundles) writeFileSync(join(dist, 'programs', `${name}.js`), bytes)
})

await buildStandalone()

timed('scenarios', () => {
  const from = join(root, 'scenarios')
  const names = existsSync(from) ? readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')) : []
  for (const name of names) {
    const to = join(dist, 'scenarios', name.replace(/\.ts$/, '.js'))
    mkdirSync(join(to, '..'), { recursive: true })
    writeFileSync(to, stripTypeScriptTypes(readFileSync(join(from, name), 'utf8')).replace(/(from\s+'\.[^']*)\.ts'/g, "$1.js'"))
  }
})

function timed(what: string, work: () => void): void {
  const start = performance.now()
  work()
  console.log(`  ${what.padEnd(24)} ${((performance.now() - start) / 1000).toFixed(1)} s`)
}
