/**
 * Single-file bundles of the programs that run in containers. From sources they are bundled at each call (some tens of milliseconds),
 * so that what is compared and what is built is what stands in the files; an installed package carries them in `dist/programs`.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PROGRAMS, type ProgramName } from './programs.ts'
import { packageRoot, runsFromSource } from './root.ts'

export type Bundles = ReadonlyMap<ProgramName, Uint8Array>

/** All programs, bundled. Throws when a program does not bundle: that is a broken checkout, not a state of the machine. */
export async function bundlePrograms(): Promise<Bundles> {
  const one = runsFromSource ? bundleFromSource : readBuilt
  return new Map(await Promise.all(PROGRAMS.map(async (name) => [name, await one(name)] as const)))
}

async function bundleFromSource(name: ProgramName): Promise<Uint8Array> {
  // Loaded here because an installed package has no bundler.
  const { rolldown } = await import('rolldown')
  await using bundle = await rolldown({
    cwd: packageRoot,
    input: join(packageRoot, 'src/engine/docker/programs', `${name}.ts`),
    platform: 'node',
    resolve: { conditionNames: ['peerlab-source', 'node', 'import', 'default'] },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, sourcemap: false })
  const [chunk, ...others] = output
  if (others.length > 0) throw new Error(`${name} bundles to ${output.length} files; a program for containers is one`)
  return new TextEncoder().encode(chunk.code)
}

function readBuilt(name: ProgramName): Promise<Uint8Array> {
  return readFile(join(packageRoot, 'dist/programs', `${name}.js`))
}
