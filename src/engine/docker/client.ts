/** Finds the Docker engine and says which one it is, or why there is none and what to do. */
import { existsSync } from 'node:fs'
import Docker from 'dockerode'
import { type Failure, failure } from './failure.ts'
import { DEFAULT_SOCKET, socketPlaces } from './places.ts'

export { DEFAULT_SOCKET } from './places.ts'

/** An engine that answered. */
export interface Engine {
  readonly ok: true
  readonly docker: Docker
  /** `Docker 20.10 at /var/run/docker.sock` */
  readonly description: string
  /** As the engine names it: `amd64`, `arm64`, … */
  readonly architecture: string
}

/** `no-engine`: nothing listens at the default socket. `engine-unreachable`: something was named, or is there, and does not answer. */
export type EngineFailure = Failure<'no-engine' | 'engine-unreachable'>

interface Address {
  readonly options: Docker.DockerOptions
  readonly shown: string
  readonly named: boolean
}

/** How long an engine may take to say its version. One that is starting up answers as soon as it is ready, and may need a while. */
const PATIENCE_MS = 15_000

/**
 * Connects to what `DOCKER_HOST` names (`unix://`, `tcp://`, with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` as Docker's own client
 * reads them), else to the default socket. `ssh://` is refused by name: forward the socket instead.
 */
export async function connectEngine(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  patienceMs: number = PATIENCE_MS,
): Promise<Engine | EngineFailure> {
  const address = engineAddress(environment)
  if ('code' in address) return address
  try {
    const docker = new Docker(address.options)
    const version = await within(patienceMs, docker.version())
    const [major, minor] = version.Version.split('.')
    return { ok: true, docker, description: `Docker ${major}.${minor} at ${address.shown}`, architecture: version.Arch }
  } catch (error) {
    return whyNot(address, error as NodeJS.ErrnoException)
  }
}

function engineAddress(environment: Readonly<Record<string, string | undefined>>): Address | EngineFailure {
  const host = environment.DOCKER_HOST
  if (host === undefined || host === '') {
    const socketPath = socketPlaces().find((place) => existsSync(place)) ?? DEFAULT_SOCKET
    return { options: { socketPath }, shown: socketPath, named: false }
  }
  if (host.startsWith('unix://')) {
    const socketPath = host.slice('unix://'.length) || DEFAULT_SOCKET
    return { options: { socketPath }, shown: socketPath, named: true }
  }
  if (host.startsWith('ssh://')) {
    return failure(
      'engine-unreachable',
      `DOCKER_HOST=${host}: engines behind ssh:// are not supported`,
      'Forward the socket, `ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST`, and set DOCKER_HOST=unix:///tmp/docker.sock.',
    )
  }
  // Left to dockerode, which reads DOCKER_TLS_VERIFY and DOCKER_CERT_PATH from the same environment as DOCKER_HOST.
  if (host.startsWith('tcp://') && host === process.env.DOCKER_HOST) return { options: {}, shown: host, named: true }
  const tcp = /^tcp:\/\/([^:/]+):(\d+)\/?$/.exec(host)
  if (tcp?.[1] && tcp[2]) return { options: { host: tcp[1], port: Number(tcp[2]), protocol: 'http' }, shown: host, named: true }
  return failure(
    'engine-unreachable',
    `DOCKER_HOST=${host} is neither unix://PATH nor tcp://HOST:PORT`,
    'Correct DOCKER_HOST, or unset it to use the default socket.',
  )
}

function whyNot(address: Address, error: NodeJS.ErrnoException): EngineFailure {
  const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
  if (nobody && !address.named) {
    return failure(
      'no-engine',
      `no Docker engine answers at ${address.shown}`,
      'Run `npm run lab:setup` as root on Debian or Ubuntu, or start an engine, or set DOCKER_HOST to one.',
    )
  }
  if (error.code === 'EACCES') {
    return failure(
      'engine-unreachable',
      `no permission to use the Docker engine at ${address.shown}`,
      'Run as root, or add your user to the group `docker` and log in again.',
    )
  }
  const why = error.message || error.code || 'no answer'
  return failure(
    'engine-unreachable',
    `the Docker engine at ${address.shown} does not answer: ${why}`,
    address.named
      ? 'Start that engine, or unset DOCKER_HOST to use the default socket.'
      : 'Restart that engine, or set DOCKER_HOST to another.',
  )
}

function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds)
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
