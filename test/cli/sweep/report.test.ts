import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../../src/cli/index.ts'
import { ReportFolder } from '../../../src/cli/sweep/report.ts'

let base = ''
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'peerlab-report-'))
})
afterEach(() => rm(base, { recursive: true }))

describe('the folder of a report', () => {
  test('is made with its parents, and what stood there is written anew', async () => {
    const folder = join(base, 'one', 'two')
    for (const text of ['first and longer', 'second']) {
      const report = await ReportFolder.create(folder)
      await report.write({ page: `page ${text}`, data: `data ${text}` })
    }
    expect(await readFile(join(folder, 'sweep.html'), 'utf8')).toBe('page second')
    expect(await readFile(join(folder, 'sweep.json'), 'utf8')).toBe('data second')
  })

  test.each(['/dev/null/x', '/proc/x', '/proc/x/y'])('%s is refused at once', async (folder) => {
    await expect(ReportFolder.create(folder)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(`--report ${folder} cannot be written`),
    })
  })

  test('a file of that name is no folder', async () => {
    await writeFile(join(base, 'file'), '')
    await expect(ReportFolder.create(join(base, 'file'))).rejects.toMatchObject({ exitCode: EXIT.usage })
  })
})
