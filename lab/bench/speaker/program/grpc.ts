/**
 * As much of gRPC and protocol buffers as GoBGP's API needs: one connection kept open, so that a look costs it as little as a control socket.
 *
 *     message   flag 1 octet (0: not compressed) | length 4 octets | protocol buffer
 */
import { type ClientHttp2Session, connect } from 'node:http2'
import { connect as connectSocket } from 'node:net'

/** A field with text, octets or an inner message. */
export function bytesField(number: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return join([varint(number * 8 + 2), varint(bytes.length), bytes])
}

/** A field with an unsigned number, an enumeration or a truth value. */
export function numberField(number: number, value: number): Uint8Array {
  return join([varint(number * 8), varint(value)])
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function varint(value: number): Uint8Array {
  const octets: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    octets.push(rest >= 128 ? (rest % 128) | 0x80 : rest)
    if (rest < 128) return Uint8Array.from(octets)
  }
}

/** The numbers in a message's fields, and its inner messages, by field number; of a repeated field the last. */
export function fieldsOf(message: Uint8Array): Map<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>()
  let at = 0
  const number = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const octet = message[at++] ?? 0
      value += (octet & 0x7f) * factor
      if (octet < 128) return value
    }
  }
  while (at < message.length) {
    const key = number()
    if (key % 8 === 0) fields.set(Math.floor(key / 8), number())
    else if (key % 8 === 2) {
      const length = number()
      fields.set(Math.floor(key / 8), message.subarray(at, at + length))
      at += length
    } else at += key % 8 === 1 ? 8 : 4
  }
  return fields
}

/** A message with its gRPC frame. */
export function framed(message: Uint8Array): Uint8Array {
  const head = new Uint8Array(5)
  new DataView(head.buffer).setUint32(1, message.length)
  return join([head, message])
}

export class GrpcClient {
  readonly #session: ClientHttp2Session
  readonly #service: string

  constructor(socket: string, service: string) {
    this.#session = connect('http://localhost', { createConnection: () => connectSocket(socket) })
    this.#session.on('error', () => {})
    this.#service = service
  }

  /** Sends framed messages; the framed answers, without their frames. Rejects with the server's words. */
  call(method: string, request: Uint8Array): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': `/${this.#service}/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      const chunks: Buffer[] = []
      let status = ''
      const heard = (headers: Readonly<Record<string, unknown>>) => {
        if (headers['grpc-status'] !== undefined) status = `${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`
      }
      stream.on('response', heard)
      stream.on('trailers', heard)
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', reject)
      stream.on('close', () => {
        if (status.startsWith('0 ')) resolve(messagesIn(Buffer.concat(chunks)))
        else reject(new Error(`${method}: ${status === '' ? 'no answer' : status}`))
      })
      stream.end(request)
    })
  }

  close(): void {
    this.#session.destroy()
  }
}

function messagesIn(bytes: Buffer): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1)
    messages.push(bytes.subarray(at + 5, at + 5 + length))
    at += 5 + length
  }
  return messages
}
