/** An engine of the test's own, beside the machine's: other socket, other folders, no bridge. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connectEngine } from '../../src/engine/docker/client.ts'
import { type Daemon, startDaemon } from '../../src/engine/docker/setup/daemon.ts'
import { clearLeftovers } from '../../src/engine/docker/setup/leftovers.ts'

const folder = mkdtempSync(join(tmpdir(), 'peerlab-dockerd-'))
const daemon: Daemon = {
  socket: join(folder, 'docker.sock'),
  pidFile: join(folder, 'docker.pid'),
  log: join(folder, 'dockerd.log'),
  containerd: { pidFile: join(folder, 'exec/containerd/containerd.pid') },
  args: [
    ...['--host', `unix://${folder}/docker.sock`, '--pidfile', `${folder}/docker.pid`, '--data-root', `${folder}/data`],
    ...['--exec-root', `${folder}/exec`, '--storage-driver=vfs', '--bridge=none', '--iptables=false', '--ip6tables=false'],
  ],
}
const engine = () => connectEngine({ DOCKER_HOST: `unix://${daemon.socket}` }, 10_000)
const notes: string[] = []
const note = (line: string) => void notes.push(line)

afterAll(async () => {
  // Also what ends a daemon that a failed test has left.
  await clearLeftovers(daemon, note)
  // A dockerd that is killed leaves the mounts that it made of its folders, one for each time.
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ').slice(1, 2))
  for (const mount of mounts.filter((path) => path.startsWith(folder)).reverse()) spawnSync('umount', [mount])
  rmSync(folder, { recursive: true, force: true })
})

test('an engine is started, outlives what killed it, and is taken out of half-death', async () => {
  expect(await engine()).toMatchObject({ ok: false, code: 'engine-unreachable' })

  writeFileSync(daemon.pidFile, String(process.pid))
  expect(await startDaemon(daemon, note)).toMatchObject({ ok: true })
  expect(notes[0]).toBe(`removing ${daemon.pidFile}: no dockerd has PID ${process.pid}`)
  expect(await engine()).toMatchObject({ ok: true, architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64'] })

  process.kill(pid(), 'SIGKILL')
  expect(await startDaemon(daemon, note)).toMatchObject({ ok: true })

  notes.length = 0
  const halfDead = pid()
  rmSync(daemon.socket)
  expect(await startDaemon(daemon, note)).toMatchObject({ ok: true })
  expect(notes[0]).toContain(`dockerd runs as PID ${halfDead} and does not answer`)
  expect(pid()).not.toBe(halfDead)
  expect(await engine()).toMatchObject({ ok: true })
})

test('a daemon that was told to listen elsewhere is left alone', async () => {
  expect(await startDaemon(daemon, note)).toMatchObject({ ok: true })
  const elsewhere = { ...daemon, socket: join(folder, 'other.sock') }
  expect(await startDaemon(elsewhere, note)).toMatchObject({
    ok: false,
    code: 'engine-not-started',
    suggestion: expect.stringContaining('DOCKER_HOST'),
  })
  expect(await engine()).toMatchObject({ ok: true })
})

test('a daemon that cannot start says why', async () => {
  const broken = { ...daemon, pidFile: join(folder, 'broken.pid'), log: join(folder, 'broken.log'), args: ['--no-such-flag'] }
  expect(await startDaemon(broken, note)).toMatchObject({ ok: false, message: expect.stringContaining('no-such-flag') })
})

function pid(): number {
  return Number(readFileSync(daemon.pidFile, 'utf8'))
}
