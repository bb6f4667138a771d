import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/index.ts'
import { run } from './command-line.ts'

let folder: string

beforeEach(async () => {
  // Inside the package, so that scenarios find `peerlab/scenario`.
  folder = await mkdtemp(fileURLToPath(new URL('scenarios-', import.meta.url)))
})

afterEach(() => rm(folder, { recursive: true }))

/** Holds for some seeds only: what a router chooses first may be either way. */
const LUCK = `import { scenario } from 'peerlab/scenario'
scenario('luck', { topology: 'shared-peers' }, async ({ expect, now }) => {
  expect.that('the last digit of the moment is no 3, 5 or 7', !/[357]$/.test(String(now())), String(now()))
})
`

test('--seeds stops at the first seed that breaks a scenario, which replays exactly', { timeout: 60_000 }, async () => {
  const file = join(folder, 'luck.ts')
  await writeFile(file, LUCK)
  const { code, out } = await run('scenario', file, '--engine', 'sim', '--routers', 'frr', '--seeds', '100')
  expect(code).toBe(EXIT.failed)
  const [, seed, before] = /seed (\d+), after (\d+) that passed/.exec(out) ?? []
  expect(Number(before)).toBe(Number(seed) - 1)
  expect(out).toContain(`scenario ${file} luck --routers frr --engine sim --seed ${seed}`)
  const moment = (text: string) => /no 3, 5 or 7 .*\n +(\d+)$/m.exec(text)?.[1]
  expect(moment(out)).toMatch(/[357]$/)
  const again = await run('scenario', file, '--engine', 'sim', '--routers', 'frr', '--seed', seed!)
  expect(again.code).toBe(EXIT.failed)
  expect(moment(again.out)).toBe(moment(out))
})

test('--seeds says how many seeds passed, once for each scenario', { timeout: 60_000 }, async () => {
  const { code, out } = await run('scenario', 'ecmp-fan-out', '--engine', 'sim', '--routers', 'frr', '--seeds', '3')
  expect(code).toBe(EXIT.pass)
  expect(out.match(/✓/g)).toHaveLength(1)
  expect(out).toContain('3 seeds, every one passed')
  expect((await run('scenario', 'ecmp-fan-out', '--engine', 'sim', '--seeds', '3', '--seed', '1')).code).toBe(EXIT.usage)
})
