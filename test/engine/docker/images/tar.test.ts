import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { type TarEntry, tar } from '../../../../src/engine/docker/images/tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'peerlab-tar-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('tar(1) reads what is written: names, contents of every size, and which files may run', async () => {
  const large = new Uint8Array(1500).map((_, index) => index % 251)
  writeFileSync(join(folder, 'large'), large)
  const entries: TarEntry[] = [
    { name: 'Dockerfile', content: new TextEncoder().encode('FROM x\n') },
    { name: 'bin/large', content: { file: join(folder, 'large') }, executable: true },
    { name: 'empty', content: new Uint8Array() },
    { name: 'block', content: large.subarray(0, 512) },
  ]
  const archive = await buffer(tar(entries))
  const { status } = spawnSync('tar', ['-x', '-C', folder], { input: archive })
  expect(status).toBe(0)
  expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toBe('FROM x\n')
  expect(new Uint8Array(readFileSync(join(folder, 'bin/large')))).toEqual(large)
  expect(statSync(join(folder, 'bin/large')).mode & 0o111).toBe(0o111)
  expect(statSync(join(folder, 'block')).size).toBe(512)
  expect(statSync(join(folder, 'empty')).size).toBe(0)
})

test('a name that no header can hold is refused', async () => {
  await expect(buffer(tar([{ name: 'x'.repeat(101), content: new Uint8Array() }]))).rejects.toThrow('100 bytes')
})
