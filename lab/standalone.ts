/** `npm run build:bgpadvertiser`: makes the programs that are copied to a machine, one file each: `dist/bgpadvertiser/bgpadvertiser`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleStandalone, STANDALONE } from '../src/engine/docker/images/standalone.ts'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))

export async function buildStandalone(): Promise<void> {
  for (const name of STANDALONE) {
    const folder = join(dist, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), await bundleStandalone(name), { mode: 0o755 })
    // In this package a file is ESM, anywhere else CommonJS: so that it also runs where it was built.
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
  }
}

if (import.meta.main) {
  await buildStandalone()
  for (const name of STANDALONE) console.log(join(dist, name, name))
}
