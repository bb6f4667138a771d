/**
 * One clock for this program and for what tcpdump stamps: seconds since 1970, with microseconds. Node's own idea of wall time
 * (`performance.timeOrigin`) is that of its start, and drifts; so it is set once here, by waiting for the wall clock's next millisecond.
 */
const offset = (() => {
  const from = Date.now()
  while (Date.now() === from);
  return Date.now() - performance.now()
})()

export function now(): number {
  return (offset + performance.now()) / 1000
}
