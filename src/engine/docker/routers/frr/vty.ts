/**
 * A client of an FRR daemon's vty socket, the one that vtysh speaks to. A request is a line ended by NUL; an answer is text, then three
 * NULs and one status byte (FRR 8.4, lib/command.h: 0 done, 1 warning, 2 no match, …). Requests are answered in order, so one
 * connection serves many; it ends with the daemon.
 */
import { createConnection, type Socket } from 'node:net'

export interface VtyAnswer {
  readonly status: number
  readonly text: string
}

export class VtyReader {
  #pending: Uint8Array[] = []
  #length = 0
  #ending = false

  /** Takes bytes as they come; gives back every answer that is now whole. */
  push(data: Uint8Array): VtyAnswer[] {
    this.#pending.push(data)
    this.#length += data.length
    // Answers hold no NUL of their own: until one comes there is no end to look for, and nothing is joined.
    this.#ending ||= data.includes(0)
    if (!this.#ending) return []
    const answers: VtyAnswer[] = []
    let buffer = Buffer.concat(this.#pending, this.#length)
    for (;;) {
      const mark = buffer.indexOf('\0\0\0', 0, 'latin1')
      if (mark < 0 || buffer.length < mark + 4) break
      answers.push({ text: buffer.toString('utf8', 0, mark), status: buffer[mark + 3]! })
      buffer = buffer.subarray(mark + 4)
    }
    this.#pending = [buffer]
    this.#length = buffer.length
    this.#ending = buffer.includes(0)
    return answers
  }
}

export class Vty {
  readonly #socket: Socket
  readonly #waiting: { resolve(answer: VtyAnswer): void; reject(error: Error): void }[] = []
  #ended: Error | undefined

  private constructor(socket: Socket, path: string) {
    this.#socket = socket
    const reader = new VtyReader()
    socket.on('data', (data: Buffer) => {
      for (const answer of reader.push(data)) this.#waiting.shift()?.resolve(answer)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = new Error(`${path} was closed`)
      for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#ended)
    })
  }

  static connect(path: string): Promise<Vty> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path)
      socket.once('error', (error) => reject(new Error(`${path}: ${error.message}`)))
      socket.once('connect', () => resolve(new Vty(socket, path)))
    })
  }

  /** The daemon, or we, have ended the connection. */
  get closed(): boolean {
    return this.#ended !== undefined
  }

  /** Any status is an answer; rejects when the daemon goes away first. */
  ask(line: string): Promise<VtyAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#socket.write(`${line}\0`)
    })
  }

  /** A line that must be taken. */
  async must(line: string): Promise<string> {
    const answer = await this.ask(line)
    if (answer.status !== 0) throw new Error(`${JSON.stringify(line)}: ${answer.text.trim() || `status ${answer.status}`}`)
    return answer.text
  }

  close(): void {
    this.#socket.destroy()
  }
}
