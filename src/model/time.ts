/** Microseconds. As an instant: on the lab's one monotonic time base; as a duration: a length. */
export type Micros = number

export const MILLISECOND: Micros = 1_000
export const SECOND: Micros = 1_000_000

/** `'30s'`, `'200ms'`, `'1.5s'`, `'2m'` → microseconds; throws `TypeError` on anything else. */
export function duration(text: string): Micros {
  const match = /^(\d+(?:\.\d+)?)(us|ms|s|m)$/.exec(text)
  if (!match) throw new TypeError(`not a duration: ${JSON.stringify(text)}; write 200ms, 15s or 2m`)
  const unit = { us: 1, ms: MILLISECOND, s: SECOND, m: 60 * SECOND }[match[2] as 'us' | 'ms' | 's' | 'm']
  return Math.round(Number(match[1]) * unit)
}

/** Microseconds as people read them: `850 ms`, `3.2 s`. */
export function formatDuration(length: Micros): string {
  if (Math.abs(length) < SECOND) return `${Math.round(length / MILLISECOND)} ms`
  return `${(length / SECOND).toFixed(1)} s`
}
