/** Which devices have said that they are ready, by the event stream alone. */
import type { EventLog } from '../lab.ts'

/** Generous: FRR and its vrrpd take a second or two on a busy machine. */
const PATIENCE_MS = 60_000

interface Waiting {
  resolve(): void
  reject(error: Error): void
}

export class Readiness {
  #waiting = new Map<string, Waiting>()
  #unsubscribe: () => void

  constructor(log: EventLog) {
    this.#unsubscribe = log.subscribe((event) => {
      // An agent's own `ready` waits for the resource API, which may be cut off when a node comes back.
      if (event.type === 'ready' && event.what !== 'agent') this.#waiting.get(event.device)?.resolve()
    })
  }

  /** Resolves at the device's next `ready`; rejects when its program ends first, or says nothing for a minute. */
  of(device: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error(`${device} was not ready within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
    this.#waiting.set(device, { resolve, reject })
    return promise.finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(device)
    })
  }

  fail(device: string, error: Error): void {
    this.#waiting.get(device)?.reject(error)
  }

  close(): void {
    this.#unsubscribe()
    for (const waiting of this.#waiting.values()) waiting.reject(new Error('the lab was closed'))
  }
}
