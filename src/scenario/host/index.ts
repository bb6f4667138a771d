/**
 * scenario/host: finds scenario files and loads them. The one folder of this room that may use `node:` modules.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Scenario, takeScenarios } from '../definition.ts'
import type { Found } from '../select.ts'

export interface LoadFailure {
  readonly file: string
  readonly error: unknown
}

/** What each file declared: a module runs once in a process, however often it is asked for. */
const loaded = new Map<string, readonly Scenario[]>()

/** Every scenario in `folder`'s own `.ts` and `.js` files, in the order of their names. */
export async function findScenarios(
  folder: string,
): Promise<{ readonly found: readonly Found[]; readonly failures: readonly LoadFailure[] }> {
  const found: Found[] = []
  const failures: LoadFailure[] = []
  for (const file of await scenarioFiles(resolve(folder))) {
    takeScenarios()
    try {
      await import(pathToFileURL(file).href)
    } catch (error) {
      failures.push({ file, error })
      continue
    }
    const scenarios = loaded.get(file) ?? takeScenarios()
    loaded.set(file, scenarios)
    const base = basename(file).replace(/\.[^.]+$/, '')
    for (const scenario of scenarios) {
      const name = scenarios.length === 1 ? base : `${base}/${slug(scenario.title)}`
      found.push({ name, file, scenario })
    }
  }
  return { found, failures }
}

async function scenarioFiles(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => undefined)
  if (info === undefined) return []
  if (info.isFile()) return [path]
  const names = (await readdir(path)).filter((name) => /\.(?:ts|js|mjs)$/.test(name) && !name.endsWith('.d.ts'))
  return names.sort().map((name) => join(path, name))
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
