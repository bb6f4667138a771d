/**
 * Access to a lab's resource API from the host. It is served by a process that ends with the lab; how to reach it is written in the lab itself,
 * in the wiring helper's container, so that nothing on the host outlives the lab.
 */
import { randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { createConnection } from 'node:net'
import { finished } from 'node:stream/promises'
import type Docker from 'dockerode'
import { listLabs } from '../cleanup.ts'
import { WIRING } from '../containers.ts'
import { attachLab } from '../lab.ts'
import { NODE_IN_IMAGE, PROGRAMS_IN_IMAGE } from '../protocol.ts'
import { demultiplex } from '../stream.ts'
import { loopbackCertificate } from './certificate.ts'
import { startProxy } from './proxy.ts'
import { Tunnel } from './tunnel.ts'

export interface Access {
  /** `https://127.0.0.1:41233` */
  readonly url: string
  readonly token: string
  /** PEM. */
  readonly certificate: string
}

const RECORD = '/run/peerlab-access.json'
/** For an answer on loopback; a process that hangs is taken for none. */
const PATIENCE_MS = 5_000

/** Serves until the lab has been removed. `ready` hears once how to reach it. */
export async function serveAccess(docker: Docker, id: string, ready: (access: Access) => void): Promise<void> {
  const lab = await attachLab(docker, id)
  const containers = (await listLabs(docker)).find((each) => each.id === id)?.containers
  if (lab === undefined || containers === undefined) throw new Error(`no lab ${id} is running`)
  const { name, address, apiPort } = lab.plan.admin
  const containerOf = (device: string) => docker.getContainer(containers.find((each) => each.device === device)?.id ?? device)
  const command = [NODE_IN_IMAGE, `${PROGRAMS_IN_IMAGE}/admin.js`, 'tunnel', address, String(apiPort)]
  const tunnel = new Tunnel(name, containerOf(name), command)
  // An engine that went away took the lab along; the wait for a container that is gone already fails.
  const removed = containerOf(WIRING)
    .wait({ condition: 'removed' })
    .catch(() => undefined)
  const certificate = loopbackCertificate()
  const token = randomBytes(32).toString('base64url')
  const proxy = await startProxy({ certificate, token, open: () => tunnel.open() })
  try {
    const access = { url: proxy.url, token, certificate: certificate.certificate }
    await lab.shell.copy(WIRING, RECORD, JSON.stringify(access))
    await lab.close()
    ready(access)
    await removed
  } finally {
    proxy.close()
    tunnel.close()
  }
}

/** How to reach a lab's API, where a process serves it; `undefined` also where the lab is too broken to say. */
export async function servedAccess(docker: Docker, id: string): Promise<Access | undefined> {
  const containers = (await listLabs(docker)).find((each) => each.id === id)?.containers
  const wiring = containers?.find((each) => each.device === WIRING && each.state === 'running')
  if (wiring === undefined) return undefined
  try {
    const access = JSON.parse(await read(docker.getContainer(wiring.id), RECORD)) as Access
    return (await answers(access)) ? access : undefined
  } catch {
    return undefined
  }
}

/** A file's content; nothing where there is no such file. */
async function read(container: Docker.Container, path: string): Promise<string> {
  const exec = await container.exec({ Cmd: ['cat', path], AttachStdout: true, AttachStderr: true })
  const stream = await exec.start({ hijack: true, stdin: false })
  const chunks: Buffer[] = []
  stream.on('data', demultiplex({ 1: (chunk) => chunks.push(chunk) }))
  await finished(stream, { writable: false })
  return Buffer.concat(chunks).toString()
}

/** Whether it is our own process that answers there: it knows the token, and has the certificate's key. */
function answers({ url, token, certificate }: Access): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` }
    const asked = request(`${url}/readyz`, { ca: certificate, headers, timeout: PATIENCE_MS, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode !== 401)
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', () => resolve(false))
    asked.end()
  })
}

/**
 * To be asked before a lab is removed: what it answers resolves once the process that serves the lab's API has ended, so that `down` leaves
 * nothing running.
 */
export async function whenAccessEnds(docker: Docker, id: string): Promise<() => Promise<void>> {
  const access = await servedAccess(docker, id)
  if (access === undefined) return () => Promise.resolve()
  const { hostname, port } = new URL(access.url)
  const socket = createConnection({ host: hostname, port: Number(port) })
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
  return () => {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    return ended
  }
}
