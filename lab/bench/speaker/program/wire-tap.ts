/** When which UPDATEs of ours were on the wire: tcpdump on the veth pair, read by the speaker's own capture room. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readerFor } from '../../../../src/bgp/capture/index.ts'
import { MessageType } from '../../../../src/bgp/wire/index.ts'
import { HERE, INTERFACE } from './place.ts'

export interface Tapped {
  /** Seconds since 1970. */
  readonly first: number
  readonly last: number
  readonly messages: number
  readonly octets: number
}

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
    const args = ['-c', String(core), 'tcpdump', '-i', INTERFACE, '-n', '-U', '--immediate-mode', '-Z', 'root', '-w', file, filter]
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

  /** Stops it; what was sent meanwhile. Throws where that was nothing. */
  async close(): Promise<Tapped> {
    const ended = once(this.#tcpdump, 'exit')
    this.#tcpdump.kill('SIGTERM')
    await ended
    const reader = readerFor('pcap', { fourOctetAs: true, addPath: true })
    const items = [...reader.push(new Uint8Array(readFileSync(this.#file))), ...reader.end()]
    const updates = items.flatMap((item) => {
      if (item.kind !== 'message' || item.bytes[18] !== MessageType.update || item.place.time === undefined) return []
      const at = item.place.time.seconds + item.place.time.nanoseconds / 1e9
      return [{ at, octets: item.bytes.length }]
    })
    const first = updates[0]
    const last = updates.at(-1)
    if (first === undefined || last === undefined) throw new Error('no UPDATE was seen on the wire')
    return { first: first.at, last: last.at, messages: updates.length, octets: updates.reduce((sum, { octets }) => sum + octets, 0) }
  }
}
