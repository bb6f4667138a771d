import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connectEngine } from '../../../src/engine/docker/client.ts'

const folder = mkdtempSync(join(tmpdir(), 'peerlab-client-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['unix:///nowhere/docker.sock', '/nowhere/docker.sock'],
  ['tcp://127.0.0.1:1', '127.0.0.1:1'],
  ['ssh://someone@host', 'ssh:// are not supported'],
  ['nonsense', 'neither unix://PATH nor tcp://HOST:PORT'],
])('an engine that DOCKER_HOST names and that is not there is unreachable, by name: %s', async (host, said) => {
  const engine = await connectEngine({ DOCKER_HOST: host })
  expect(engine).toMatchObject({ ok: false, code: 'engine-unreachable', message: expect.stringContaining(said) })
  expect(engine).toHaveProperty('suggestion', expect.stringContaining(host.startsWith('ssh') ? 'ssh -nNT -L' : 'DOCKER_HOST'))
})

test('an engine that takes the connection and never answers is unreachable', async () => {
  const path = join(folder, 'docker.sock')
  const server = createServer(() => {}).listen(path)
  const engine = await connectEngine({ DOCKER_HOST: `unix://${path}` }, 200)
  server.close()
  expect(engine).toMatchObject({ ok: false, code: 'engine-unreachable', message: expect.stringContaining('no answer within 0.2 s') })
})
