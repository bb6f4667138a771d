/**
 * A gRPC client over one HTTP/2 connection: each message has five bytes before it (compressed?, length), the outcome is in the trailers.
 * No compression, no deadlines: the server is on this machine and ends with its daemon.
 */
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { setTimeout } from 'node:timers/promises'

export class GrpcClient {
  readonly #session: ClientHttp2Session

  private constructor(session: ClientHttp2Session) {
    this.#session = session
    session.on('error', () => {})
  }

  /**
   * Connects, and tries again while the port refuses and `wanted` holds, for 10 s: gobgpd opens its API beside everything else and
   * tells nobody when.
   */
  static async connect(port: number, wanted: () => boolean): Promise<GrpcClient> {
    for (let left = 500; ; left--) {
      const outcome = await GrpcClient.#attempt(port)
      if (outcome instanceof GrpcClient) return outcome
      if (outcome.code !== 'ECONNREFUSED' || left === 0 || !wanted()) throw new Error(`GoBGP's API on port ${port}: ${outcome.message}`)
      await setTimeout(20)
    }
  }

  static #attempt(port: number): Promise<GrpcClient | NodeJS.ErrnoException> {
    return new Promise((resolve) => {
      const session = connect(`http://127.0.0.1:${port}`)
      session.once('error', resolve)
      session.once('connect', () => resolve(new GrpcClient(session)))
    })
  }

  /** The server, or we, have ended the connection. */
  get closed(): boolean {
    return this.#session.closed || this.#session.destroyed
  }

  /** Calls a method; comes back when the server has ended its stream of answers. */
  async call(method: string, request: Uint8Array): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = []
    await this.stream(method, request, (answer) => answers.push(answer))
    return answers
  }

  /** Calls a method that answers with a stream; `onAnswer` gets each message, the promise ends with the stream. */
  stream(method: string, request: Uint8Array, onAnswer: (answer: Uint8Array) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: `/apipb.GobgpApi/${method}`,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        [constants.HTTP2_HEADER_TE]: 'trailers',
      })
      const frames = new FrameReader()
      let status: unknown
      let message: unknown
      const outcome = (headers: Record<string, unknown>) => {
        status = headers['grpc-status'] ?? status
        message = headers['grpc-message'] ?? message
      }
      stream.on('response', outcome)
      stream.on('trailers', outcome)
      stream.on('data', (data: Buffer) => {
        for (const answer of frames.push(data)) onAnswer(answer)
      })
      stream.on('error', (error) => reject(new Error(`${method}: ${error.message}`)))
      stream.on('close', () => {
        if (status === '0') resolve()
        else
          reject(
            new Error(
              `${method}: ${status === undefined ? 'the connection ended' : decodeURIComponent(String(message ?? `status ${status}`))}`,
            ),
          )
      })
      stream.end(frame(request))
    })
  }

  close(): void {
    this.#session.destroy()
  }
}

function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(5 + message.length)
  new DataView(framed.buffer).setUint32(1, message.length)
  framed.set(message, 5)
  return framed
}

/** Cuts a stream of bytes into gRPC messages. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0

  push(data: Uint8Array): Uint8Array[] {
    this.#chunks.push(Buffer.from(data))
    this.#length += data.length
    const messages: Uint8Array[] = []
    let buffer = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length)
    while (buffer.length >= 5) {
      const end = 5 + buffer.readUInt32BE(1)
      if (buffer.length < end) break
      messages.push(new Uint8Array(buffer.subarray(5, end)))
      buffer = buffer.subarray(end)
    }
    this.#chunks = buffer.length === 0 ? [] : [buffer]
    this.#length = buffer.length
    return messages
  }
}
