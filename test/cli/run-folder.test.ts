import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RunFolder } from '../../src/cli/run-folder.ts'

let base: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'peerlab-out-'))
})
afterEach(() => rm(base, { recursive: true }))

const minute = (index: number) => new Date(Date.UTC(2026, 0, 1, 0, index))
const name = (index: number) => minute(index).toISOString().replace(/[:.]/g, '-')

test('the last fifty runs are kept, and nothing else is touched', async () => {
  for (let index = 0; index < 60; index++) await mkdir(join(base, name(index)))
  await writeFile(join(base, name(0), 'report.json'), '{}')
  const others = ['bm', '2020-01-01', `${name(1)}-mine`, `x${name(2)}`]
  for (const other of others) await mkdir(join(base, other))
  // A file, and a link to somewhere else, by a name of ours.
  await writeFile(join(base, name(-2)), '')
  const elsewhere = await mkdtemp(join(tmpdir(), 'peerlab-elsewhere-'))
  await symlink(elsewhere, join(base, name(-1)))

  const folder = await RunFolder.create(minute(60), base)
  const left = await readdir(base)
  const runs = Array.from({ length: 50 }, (_, index) => name(index + 11))
  expect(left.sort()).toEqual([...others, name(-2), name(-1), 'last', ...runs].sort())
  expect([folder.path, await readlink(join(base, 'last'))]).toEqual([join(base, name(60)), name(60)])
  expect(await readdir(elsewhere)).toEqual([])
  await rm(elsewhere, { recursive: true })
})
