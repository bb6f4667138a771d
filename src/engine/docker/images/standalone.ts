/**
 * Programs that are copied to a machine where nothing but Node is: one file each, without an extension, runnable by its first line. Like the
 * containers' programs (bundle.ts) they are bundled at each call from sources, and carried by an installed package.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot, runsFromSource } from './root.ts'

/** Entry points in `src/cli/<name>/main.ts`; each is one file, `dist/<name>/<name>` in the package. */
export const STANDALONE = ['bgpadvertiser'] as const
export type StandaloneName = (typeof STANDALONE)[number]

/** As `engines` wants it of machines that are not ours: older than the lab's own Node. */
const FIRST_LINE = '#!/usr/bin/env node'

export async function bundleStandalone(name: StandaloneName): Promise<Uint8Array> {
  if (!runsFromSource) return await readFile(join(packageRoot, 'dist', name, name))
  // Loaded here because an installed package has no bundler.
  const { rolldown } = await import('rolldown')
  await using bundle = await rolldown({
    cwd: packageRoot,
    input: join(packageRoot, 'src/cli', name, 'main.ts'),
    platform: 'node',
    resolve: { conditionNames: ['peerlab-source', 'node', 'import', 'default'] },
    transform: { target: 'node20' },
    logLevel: 'silent',
  })
  // CommonJS: without an extension and without a package.json beside it that is what every Node takes a file for.
  const { output } = await bundle.generate({ format: 'cjs', codeSplitting: false, sourcemap: false, banner: FIRST_LINE })
  const [chunk, ...others] = output
  if (others.length > 0) throw new Error(`${name} bundles to ${output.length} files; a program to copy is one`)
  return new TextEncoder().encode(chunk.code)
}
