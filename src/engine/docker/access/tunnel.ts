/** Connections into a lab, through one command that runs in a container for as long as they are wanted. */
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import { demultiplex } from '../stream.ts'
import { Channels } from './channels.ts'

/** As dockerode tells what the engine refused. */
type EngineError = Error & { readonly statusCode?: number; readonly json?: { readonly message?: string } }

/** Of the engine: the container is there and does not run. */
const NOT_RUNNING = 409

export class Tunnel {
  readonly #device: string
  readonly #container: Docker.Container
  readonly #command: readonly string[]
  #channels: Promise<Channels> | undefined
  #stream: Duplex | undefined

  /** `command` is run at the first connection, and again after it ended: with the container, when its device lost power. */
  constructor(device: string, container: Docker.Container, command: readonly string[]) {
    this.#device = device
    this.#container = container
    this.#command = command
  }

  /** Rejects where the container does not run, with the device's name. */
  async open(): Promise<Duplex> {
    this.#channels ??= this.#start().catch((error: EngineError) => {
      this.#channels = undefined
      if (error.statusCode === NOT_RUNNING) throw new Error(`${this.#device} has no power`)
      throw new Error(`${this.#device}: ${error.json?.message ?? error.message}`)
    })
    return (await this.#channels).open()
  }

  close(): void {
    this.#stream?.destroy()
  }

  async #start(): Promise<Channels> {
    const options = { Cmd: [...this.#command], AttachStdin: true, AttachStdout: true, AttachStderr: true }
    const exec = await this.#container.exec(options)
    const stream = await exec.start({ hijack: true, stdin: true })
    this.#stream = stream
    const channels = new Channels({ send: (frame) => void stream.write(frame) })
    let words = ''
    const hear = (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-500)
    }
    stream.on('data', demultiplex({ 1: (chunk) => channels.received(chunk), 2: hear }))
    const over = (why: string) => {
      this.#channels = undefined
      channels.closeAll(words === '' ? why : `${why}: ${words.trim()}`)
    }
    stream.on('error', (error) => over(error.message))
    stream.on('close', () => over('the tunnel into the lab ended'))
    stream.on('end', () => stream.destroy())
    return channels
  }
}
