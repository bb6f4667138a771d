/**
 * Log lines in the three formats that the original program mixes, because its parts log with different libraries: zap (JSON), glog and
 * logrus. Tools and eyes that know its output find theirs (R40). Pure: time comes in.
 */

/** A glog line names its place in the source. These are the original's: what reads its log knows the lines by them. */
const PLACES = {
  started: 'main.go:154',
  health: 'main.go:170',
  peer: 'main.go:187',
  route: 'main.go:199',
  serving: 'main.go:201',
} as const

export type GlogPlace = keyof typeof PLACES

export type Level = 'debug' | 'info' | 'warning' | 'error'

const LOGRUS_LEVEL: Readonly<Record<Level, string>> = { debug: 'DEBU', info: 'INFO', warning: 'WARN', error: 'ERRO' }

/** `at`: milliseconds since the epoch, with a fraction. */
export function zapLine(at: number, level: 'info' | 'warn', msg: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level, ts: at / 1000, logger: 'BGPSpeaker', msg, ...fields })
}

/** `I0309 01:20:15.559667 1320826 main.go:154] BGP advertiser started.`, `minutesEast` of UTC; in the process's own time zone without it. */
export function glogLine(at: number, pid: number, place: GlogPlace, message: string, minutesEast?: number): string {
  const whole = Math.round(at * 1000)
  const millis = Math.floor(whole / 1000)
  const east = minutesEast ?? -new Date(millis).getTimezoneOffset()
  const date = new Date(millis + east * 60_000)
  const two = (value: number) => String(value).padStart(2, '0')
  const micros = String(whole % 1_000_000).padStart(6, '0')
  const day = `${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${micros}`
  return `I${day} ${time} ${String(pid).padStart(7)} ${PLACES[place]}] ${message}`
}

/** `DEBU[0005] try to connect Key=21.0.101.80 Topic=Peer`: whole seconds since the program's start, fields in ASCII order. */
export function logrusLine(seconds: number, level: Level, message: string, fields: Readonly<Record<string, string | number>>): string {
  const names = Object.keys(fields).sort((a, b) => (a < b ? -1 : 1))
  const shown = names.map((name) => ` ${name}=${quoted(String(fields[name]))}`)
  return `${LOGRUS_LEVEL[level]}[${String(Math.floor(seconds)).padStart(4, '0')}] ${message}${shown.join('')}`
}

/** logrus leaves bare what consists of these characters alone. */
function quoted(value: string): string {
  return /^[A-Za-z0-9\-._/@^+]+$/.test(value) ? value : JSON.stringify(value)
}
