/**
 * Many connections over one byte stream, both ends of it. A frame:
 *
 *     type (1 octet) · channel (4, big-endian) · length (4, big-endian) · payload
 *
 * OPEN makes a channel, DATA carries octets, END says that no more come (a FIN), CLOSE that it is over, with the reason where there is one (a
 * RST), and MORE that so many octets were consumed: at most WINDOW of them are under way in one direction of a channel, so that one that
 * nobody reads holds up no other.
 */
import { Duplex } from 'node:stream'

const OPEN = 1
const DATA = 2
const END = 3
const CLOSE = 4
const MORE = 5
const HEAD = 9
const WINDOW = 256 * 1024

export interface ChannelsOptions {
  /** Hands a frame to the other end. */
  readonly send: (frame: Buffer) => void
  /** The other end opened one. */
  readonly opened?: (channel: Duplex) => void
}

export class Channels {
  readonly #options: ChannelsOptions
  readonly #open = new Map<number, Channel>()
  #waiting: Buffer = Buffer.alloc(0)
  #next = 1

  constructor(options: ChannelsOptions) {
    this.#options = options
  }

  open(): Duplex {
    const id = this.#next++
    this.#frame(OPEN, id)
    return this.#make(id)
  }

  /** What came from the other end. */
  received(chunk: Buffer): void {
    let rest = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk])
    while (rest.length >= HEAD) {
      const end = HEAD + rest.readUInt32BE(5)
      if (rest.length < end) break
      this.#take(rest[0]!, rest.readUInt32BE(1), rest.subarray(HEAD, end))
      rest = rest.subarray(end)
    }
    this.#waiting = rest
  }

  /** The stream has ended: so has everything on it. */
  closeAll(reason: string): void {
    for (const channel of [...this.#open.values()]) channel.closeCame(reason)
  }

  #take(type: number, id: number, payload: Buffer): void {
    if (type === OPEN) {
      this.#options.opened?.(this.#make(id))
      return
    }
    // A channel that was closed here may still be spoken of there.
    const channel = this.#open.get(id)
    if (type === DATA) channel?.dataCame(payload)
    else if (type === END) channel?.endCame()
    else if (type === CLOSE) channel?.closeCame(payload.toString())
    else if (type === MORE) channel?.moreCame(payload.readUInt32BE(0))
  }

  #make(id: number): Channel {
    const channel = new Channel((type, payload) => this.#frame(type, id, payload))
    this.#open.set(id, channel)
    channel.once('close', () => this.#open.delete(id))
    return channel
  }

  #frame(type: number, id: number, payload: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(HEAD)
    head[0] = type
    head.writeUInt32BE(id, 1)
    head.writeUInt32BE(payload.length, 5)
    this.#options.send(payload.length === 0 ? head : Buffer.concat([head, payload]))
  }
}

class Channel extends Duplex {
  readonly #frame: (type: number, payload?: Buffer) => void
  #credit = WINDOW
  #consumed = 0
  #blocked: { readonly rest: Buffer; readonly done: (error?: Error) => void } | undefined
  #inputEnded = false
  /** The other end knows that it is over. */
  #over = false

  constructor(frame: (type: number, payload?: Buffer) => void) {
    super({ allowHalfOpen: true })
    this.#frame = frame
  }

  dataCame(payload: Buffer): void {
    if (this.#inputEnded || this.destroyed) return
    this.#consumed += payload.length
    this.push(payload)
  }

  moreCame(octets: number): void {
    this.#credit += octets
    const blocked = this.#blocked
    this.#blocked = undefined
    if (blocked !== undefined) this.#write(blocked.rest, blocked.done)
  }

  /** Without a reason, what came before it is still read. */
  closeCame(reason: string): void {
    this.#over = true
    if (reason !== '') this.destroy(new Error(reason))
    if (this.destroyed) return
    this.end()
    this.endCame()
    this.#blocked?.done()
    this.#blocked = undefined
  }

  endCame(): void {
    if (!this.#inputEnded) this.push(null)
    this.#inputEnded = true
  }

  override _read(): void {
    if (this.#consumed === 0 || this.#over) return
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(this.#consumed)
    this.#consumed = 0
    this.#frame(MORE, payload)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#over) this.#frame(END)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#over) this.#frame(CLOSE, Buffer.from(error?.message ?? ''))
    this.#over = true
    this.#blocked = undefined
    done(error)
  }

  #write(chunk: Buffer, done: (error?: Error) => void): void {
    if (this.#over) {
      done()
      return
    }
    const now = chunk.subarray(0, this.#credit)
    if (now.length > 0) this.#frame(DATA, now)
    this.#credit -= now.length
    if (now.length === chunk.length) done()
    else this.#blocked = { rest: chunk.subarray(now.length), done }
  }
}
