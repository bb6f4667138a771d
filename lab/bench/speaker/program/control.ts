/** A daemon's own control socket, kept open: one question at a time, so that a look costs the daemon as little as it can. */
import { connect, type Socket } from 'node:net'

export class ControlSocket {
  readonly #socket: Socket
  /** Whether these octets are a whole answer. */
  readonly #whole: (answer: string) => boolean
  #answer = ''
  #waiting: { resolve(answer: string): void; reject(error: Error): void } | undefined
  #failed: Error | undefined

  private constructor(socket: Socket, whole: (answer: string) => boolean) {
    this.#socket = socket
    this.#whole = whole
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#answer += text
      if (!this.#whole(this.#answer)) return
      const answer = this.#answer
      this.#answer = ''
      this.#waiting?.resolve(answer)
      this.#waiting = undefined
    })
    const failed = (error: Error) => {
      this.#failed = error
      this.#waiting?.reject(error)
      this.#waiting = undefined
    }
    socket.on('error', failed)
    socket.on('close', () => failed(new Error('the control socket was closed')))
  }

  /** `greets`: the daemon speaks first. */
  static async open(path: string, whole: (answer: string) => boolean, greets = false): Promise<ControlSocket> {
    const socket = connect(path)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.once('connect', resolve)
    socket.once('error', reject)
    const control = new ControlSocket(socket, whole)
    if (greets) await Promise.all([promise, control.#next()])
    else await promise
    return control
  }

  ask(question: string): Promise<string> {
    if (this.#failed) return Promise.reject(this.#failed)
    const answer = this.#next()
    this.#socket.write(question)
    return answer
  }

  close(): void {
    this.#socket.destroy()
  }

  #next(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }
}
