/** Ctrl-C: the first asks for an orderly end, with everything undone and removed; a second one ends at once. */
import { EXIT } from './exit.ts'

/** Nearer than this, two signals are one: a terminal and a parent process may both send it. */
const ONE_PRESS_MS = 500

export interface Interrupt {
  readonly signal: AbortSignal
  dispose(): void
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
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, listener)
  return {
    signal: controller.signal,
    dispose() {
      for (const signal of signals) process.off(signal, listener)
    },
  }
}
