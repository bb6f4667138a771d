/** Ctrl-C: the first asks for an orderly end, with everything undone and removed; a second one ends at once. */
import { EXIT } from './exit.ts'

/** Nearer than this, two signals are one: a terminal and a parent process may both send it. */
const ONE_PRESS_MS = 500

export interface Interrupt {
  readonly signal: AbortSignal
  dispose(): void
}

/** Everyone who has something to end in order. */
const running = new Set<() => void>()

/** For an output that nobody reads any more (`| head`): as the first Ctrl-C. Answers whether anything had to be ended in order. */
export function endInOrder(): boolean {
  for (const end of running) end()
  return running.size > 0
}

export function onInterrupt(say: (line: string) => void): Interrupt {
  const controller = new AbortController()
  let first = Number.NEGATIVE_INFINITY
  const listener = () => {
    const now = performance.now()
    if (!controller.signal.aborted) {
      first = now
      say('interrupted: undoing and removing what was made; once more to stop at once')
      controller.abort()
    } else if (now - first > ONE_PRESS_MS) {
      say('stopped at once; the next start, or `peerlab down --all`, removes what is left')
      process.exit(EXIT.interrupted)
    }
  }
  const unread = () => controller.abort()
  running.add(unread)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, listener)
  return {
    signal: controller.signal,
    dispose() {
      running.delete(unread)
      for (const signal of signals) process.off(signal, listener)
    },
  }
}
