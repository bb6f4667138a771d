/** A peer that only says OPEN and KEEPALIVE, and then the octets that it is given, as fast as the target takes them. */
import { connect, type Socket } from 'node:net'
import { decodeMessage, encodeMessage, Framer, IPV4_UNICAST, PLAIN } from '../../../../src/bgp/wire/index.ts'
import { parseIpv4 } from '../../../../src/net/index.ts'
import { ASN_HERE, HERE, THERE } from './place.ts'

export interface RawPeerOptions {
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
}

export class RawPeer {
  readonly #socket: Socket
  readonly #keepalives: NodeJS.Timeout
  #goOn: () => void = () => {}
  /** When keepalives came, in milliseconds (`performance.now`). */
  readonly heard: number[] = []
  /** Why it is over; `undefined` while it is up. */
  ended: string | undefined

  private constructor(socket: Socket, keepaliveSeconds: number) {
    this.#socket = socket
    for (const event of ['drain', 'close']) socket.on(event, () => this.#goOn())
    const beat = encodeMessage({ type: 'keepalive' }, PLAIN)
    this.#keepalives = setInterval(() => socket.write(beat), keepaliveSeconds * 1000)
  }

  /** Connects until somebody is there, and resolves when the session is Established. */
  static async open(options: RawPeerOptions): Promise<RawPeer> {
    const end = Date.now() + 30_000
    for (;;) {
      try {
        return await attempt(options)
      } catch (error) {
        if (Date.now() > end) throw error
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  }

  /** Resolves when the kernel has all of it. */
  async send(chunks: readonly Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      if (this.ended !== undefined) throw new Error(`the session is over: ${this.ended}`)
      if (!this.#socket.write(chunk)) await this.#room()
    }
    if (this.ended !== undefined) throw new Error(`the session is over: ${this.ended}`)
  }

  /** Resolves when there is room again, or never will be. */
  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve
    })
  }

  close(): void {
    clearInterval(this.#keepalives)
    this.#socket.destroy()
  }

  static from(socket: Socket, { keepaliveSeconds }: RawPeerOptions): RawPeer {
    return new RawPeer(socket, keepaliveSeconds)
  }
}

async function attempt(options: RawPeerOptions): Promise<RawPeer> {
  const socket = connect({ host: THERE, port: 179, localAddress: HERE, noDelay: true })
  const { promise, resolve, reject } = Promise.withResolvers<RawPeer>()
  const framer = new Framer()
  let peer: RawPeer | undefined
  const failed = (why: string) => {
    if (peer) peer.ended ??= why
    socket.destroy()
    reject(new Error(why))
  }
  socket.on('error', (error) => failed(error.message))
  socket.on('close', () => failed('it was closed'))
  socket.on('connect', () => socket.write(open(options)))
  socket.on('data', (chunk: Buffer) => {
    for (const frame of framer.push(new Uint8Array(chunk)).frames) {
      // Its routes are none of our business.
      if (frame.type === 2) continue
      const decoded = decodeMessage(frame, PLAIN)
      if (!decoded.ok) return failed(decoded.error.detail)
      const { message } = decoded
      if (message.type === 'open') socket.write(encodeMessage({ type: 'keepalive' }, PLAIN))
      if (message.type === 'notification') return failed(`NOTIFICATION ${message.code}/${message.subcode}`)
      if (message.type !== 'keepalive') continue
      peer ??= RawPeer.from(socket, options)
      peer.heard.push(performance.now())
      resolve(peer)
    }
  })
  return promise
}

function open({ holdTimeSeconds }: RawPeerOptions): Uint8Array {
  return encodeMessage(
    {
      type: 'open',
      myAs: ASN_HERE,
      holdTimeSeconds,
      identifier: parseIpv4(HERE) ?? 0,
      capabilities: [
        { type: 'multiprotocol', ...IPV4_UNICAST },
        { type: 'route-refresh' },
        { type: 'four-octet-as', asn: ASN_HERE },
        { type: 'add-path', families: [{ ...IPV4_UNICAST, send: true, receive: true }] },
      ],
    },
    PLAIN,
  )
}
