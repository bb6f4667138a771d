/**
 * The one container that a run needs: every daemon in it, on no network, its program told what to do by its arguments. It ends when this
 * process does, however that ends: its standard input is attached, and its program goes with it; then the engine removes it.
 */
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type Docker from 'dockerode'
import { rolldown } from 'rolldown'
import { tar } from '../../../src/engine/docker/images/tar.ts'
import { thisOwner } from '../../../src/engine/docker/owner.ts'
import { LABELS, NODE_IN_IMAGE } from '../../../src/engine/docker/protocol.ts'
import type { BenchPlan, ProgramLine } from './terms.ts'

const PROGRAM = '/run/bench-program.mjs'

export interface BenchContainer {
  /** Resolves when the program has ended, with its last words on standard error. */
  readonly ended: Promise<string>
  remove(): Promise<void>
}

export async function startContainer(
  docker: Docker,
  image: string,
  plan: BenchPlan,
  heard: (line: ProgramLine) => void,
): Promise<BenchContainer> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: [NODE_IN_IMAGE, PROGRAM, JSON.stringify(plan)],
    // Labelled as a lab is, so that what a dead engine kept is reaped at the next start of one.
    Labels: {
      [LABELS.project]: '1',
      [LABELS.lab]: `bench-${process.pid}`,
      [LABELS.device]: 'bench',
      [LABELS.owner]: thisOwner(),
    },
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: 'none',
      Init: true,
      AutoRemove: true,
      CapAdd: ['NET_ADMIN', 'SYS_ADMIN'],
      LogConfig: { Type: 'none', Config: {} },
    },
  })
  const remove = async () => {
    await container.remove({ force: true, v: true }).catch((error: { statusCode?: number }) => {
      // 404: the engine was faster; 409: it is at it.
      if (error.statusCode !== 404 && error.statusCode !== 409) throw error
    })
  }
  try {
    await container.putArchive(Readable.from(tar([{ name: 'bench-program.mjs', content: await program() }])), { path: '/run' })
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
    const output = new PassThrough()
    const errors = new PassThrough()
    docker.modem.demuxStream(stream, output, errors)
    const ended = follow(output, errors, stream, heard)
    await container.start()
    return { ended, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function follow(output: Readable, errors: Readable, stream: NodeJS.ReadWriteStream, heard: (line: ProgramLine) => void): Promise<string> {
  let rest = ''
  let lastWords = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) heard(JSON.parse(line) as ProgramLine)
  })
  errors.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-4000)
  })
  return new Promise((resolve) => {
    stream.once('end', () => resolve(lastWords))
    stream.once('close', () => resolve(lastWords))
    stream.once('error', (error: Error) => resolve(`${lastWords}\n${error.message}`))
  })
}

async function program(): Promise<Uint8Array> {
  await using bundle = await rolldown({
    input: fileURLToPath(new URL('program/program.ts', import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: ['peerlab-source', 'node', 'import', 'default'] },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
  return new TextEncoder().encode(output[0].code)
}
