/** When which UPDATEs of ours were on the wire: tcpdump on the veth pair, read by the speaker's own capture room. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readerFor } from '../../../../src/bgp/capture/index.ts'
import { decodeMessage, MessageType } from '../../../../src/bgp/wire/index.ts'
import { until } from './daemon.ts'
import { HERE, INTERFACE } from './place.ts'

export interface Tapped {
  /** Seconds since 1970. */
  readonly first: number
  readonly last: number
  readonly messages: number
  readonly octets: number
}

/** Not in immediate mode: there each frame of the ring is as long as the longest packet, and a burst of small ones is lost. KiB. */
const RING = ['-B', '32768']

export class WireTap {
  readonly #tcpdump: ChildProcess
  readonly #file: string

  private constructor(tcpdump: ChildProcess, file: string) {
    this.#tcpdump = tcpdump
    this.#file = file
  }

  /** Resolves when packets are being recorded. */
  static async open(file: string, core: number): Promise<WireTap> {
    const filter = `tcp port 179 and src host ${HERE}`
    const args = ['-c', String(core), 'tcpdump', '-i', INTERFACE, '-n', '-U', ...RING, '-Z', 'root', '-w', file, filter]
    const tcpdump = spawn('taskset', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let said = ''
    tcpdump.stderr.on('data', (text: Buffer) => {
      said += String(text)
      if (said.includes('listening on')) resolve()
    })
    tcpdump.once('error', reject)
    tcpdump.once('exit', () => reject(new Error(`tcpdump ended: ${said}`)))
    await promise
    return new WireTap(tcpdump, file)
  }

  /** Stops it when it has seen so many paths announced or withdrawn; throws where it does not come to that. */
  async close(paths: number): Promise<Tapped> {
    try {
      let seen = this.#seen()
      await until(
        `the capture has ${paths} paths`,
        async () => {
          seen = this.#seen()
          return seen.reduce((sum, message) => sum + message.paths, 0) === paths
        },
        10,
      )
      const octets = seen.reduce((sum, message) => sum + message.octets, 0)
      return { first: seen[0]!.at, last: seen.at(-1)!.at, messages: seen.length, octets }
    } finally {
      const ended = once(this.#tcpdump, 'exit')
      this.#tcpdump.kill('SIGTERM')
      await ended
    }
  }

  #seen(): { readonly at: number; readonly octets: number; readonly paths: number }[] {
    const reader = readerFor('pcap', { fourOctetAs: true, addPath: true })
    return reader.push(new Uint8Array(readFileSync(this.#file))).flatMap((item) => {
      if (item.kind !== 'message' || item.bytes[18] !== MessageType.update || item.place.time === undefined) return []
      const decoded = decodeMessage({ type: MessageType.update, bytes: item.bytes }, { fourOctetAs: true, addPath: true })
      const paths = decoded.ok && decoded.message.type === 'update' ? decoded.message.nlri.length + decoded.message.withdrawn.length : 0
      return [{ at: item.place.time.seconds + item.place.time.nanoseconds / 1e9, octets: item.bytes.length, paths }]
    })
  }
}
