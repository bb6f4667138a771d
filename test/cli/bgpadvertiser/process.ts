/** The program as a process of its own, on loopback addresses, and a peer for it: our own speaker, waiting on a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Speaker, type SpeakerEvent } from '../../../src/bgp/index.ts'
import type { World } from '../../../src/world/index.ts'
import { createRealWorld } from '../../../src/world/real/index.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/bgpadvertiser/main.ts', import.meta.url))
export const FROM_SOURCE = ['--conditions=peerlab-source', MAIN]

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Program {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  #waiting: (() => void)[] = []

  constructor(args: readonly string[], main: readonly string[] = FROM_SOURCE) {
    this.child = spawn(process.execPath, [...main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: {} })
    this.child.stdout?.on('data', (text) => this.#heard('stdout', text))
    this.child.stderr?.on('data', (text) => this.#heard('stderr', text))
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })))
    void this.ended.then(() => this.#wake())
  }

  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1)
  }

  /** Resolves with the first line that matches; rejects when the program has ended without one. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.lines.find((each) => pattern.test(each))
      if (line !== undefined) return line
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`never said ${pattern}:\n${this.stdout}${this.stderr}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #heard(stream: 'stdout' | 'stderr', text: unknown): void {
    this[stream] += String(text)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** A passive peer. Collects its events; `until` waits for one. */
export class Peer {
  readonly events: SpeakerEvent[] = []
  readonly speaker: Speaker
  readonly #world: World
  #waiting: (() => void)[] = []

  constructor(address: string, asn: number, of: { address: string; asn: number; holdTimeSeconds?: number }, port = 0) {
    this.#world = createRealWorld({ name: `peer ${address}`, emit: () => {} })
    const { address: peerAddress, asn: peerAsn, holdTimeSeconds } = of
    const peer = {
      peerAddress,
      peerAsn,
      passive: true,
      addPath: { send: false, receive: true },
      ...(holdTimeSeconds && { holdTimeSeconds }),
    }
    this.speaker = new Speaker(this.#world, { localAddress: address, localAsn: asn, listen: { port }, peers: [peer] }, (event) => {
      this.events.push(event)
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  async until(wanted: (event: SpeakerEvent) => boolean): Promise<SpeakerEvent> {
    for (;;) {
      const event = this.events.find(wanted)
      if (event !== undefined) return event
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async port(): Promise<number> {
    const event = await this.until((each) => each.type === 'listening')
    return event.type === 'listening' ? event.port : 0
  }

  end(): void {
    this.#world.end()
  }
}

/** A port that was free a moment ago. */
export function freePort(address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, address, () => {
      const at = server.address()
      server.close(() => resolve(typeof at === 'object' && at !== null ? at.port : 0))
    })
  })
}

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'peerlab-advertiser-'))

  write(name: string, text: string): string {
    const file = join(this.path, name)
    writeFileSync(file, text)
    return file
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
