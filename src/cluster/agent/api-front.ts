/**
 * The resource API on a control-plane node: takes connections at the CP VIP and hands their bytes on to the store, each over a connection of its
 * own. It knows nothing of what they say, so requests and watches go through alike, and end as the other side's end does: FIN for FIN, RST for
 * whatever else ended it. A side that does not read holds the other back.
 */
import type { Micros } from '../../model/index.ts'
import type { Connection, ConnectionEvent, Endpoint, Listener, World } from '../../world/index.ts'

export interface ApiFrontOptions {
  /** The VIP and `controlPlaneLBPort`; the address must be local already. */
  readonly listen: Endpoint
  readonly upstream: Endpoint
  /** The node's own IP, from which the store is reached. */
  readonly localAddress: string
  /** For a connection to the store. */
  readonly timeout: Micros
}

interface Pipe {
  readonly down: Connection
  readonly up: Connection
}

export class ApiFront {
  readonly #world: World
  readonly #options: ApiFrontOptions
  #listener: Listener | undefined
  #serving = false
  readonly #pipes = new Set<Pipe>()

  constructor(world: World, options: ApiFrontOptions) {
    this.#world = world
    this.#options = options
  }

  /** It listens: whether the store answers is another question. */
  get serving(): boolean {
    return this.#serving
  }

  get connections(): number {
    return this.#pipes.size
  }

  /** `sink` hears once whether it listens; a text says why not. */
  start(sink: (problem?: string) => void): void {
    if (this.#listener !== undefined) return
    this.#listener = this.#world.transport.listen(this.#options.listen, (event) => {
      if (event.type === 'connection') {
        this.#join(event.accept)
        return
      }
      this.#serving = event.type === 'listening'
      if (event.type === 'listening') sink()
      else {
        this.#listener = undefined
        sink(`${event.reason}: ${event.detail}`)
      }
    })
  }

  /** As its process's death: new connections are refused, those that are open get FIN. */
  stop(): void {
    this.#listener?.close()
    this.#listener = undefined
    this.#serving = false
    for (const { down, up } of this.#pipes) {
      down.close()
      up.close()
    }
    this.#pipes.clear()
  }

  #join(accept: (sink: (event: ConnectionEvent) => void) => Connection): void {
    const { upstream, localAddress, timeout } = this.#options
    const over = (event: ConnectionEvent, other: Connection): void => {
      this.#pipes.delete(pipe)
      if (event.type === 'closed' && event.reason === 'closed') other.close()
      else other.abort()
    }
    const down = accept((event) => {
      if (event.type === 'data') {
        if (!up.send(event.data)) down.pause()
      } else if (event.type === 'drain') up.resume()
      else if (event.type === 'closed') over(event, up)
    })
    // Until the store has answered there is nowhere to put what comes.
    down.pause()
    const up = this.#world.transport.connect({ remote: upstream, localAddress, timeout }, (event) => {
      if (event.type === 'connected' || event.type === 'drain') down.resume()
      else if (event.type === 'data') {
        if (!down.send(event.data)) up.pause()
      } else over(event, down)
    })
    const pipe: Pipe = { down, up }
    this.#pipes.add(pipe)
  }
}
