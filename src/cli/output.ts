/** Where the command line writes, and how: colour only on a terminal and unless NO_COLOR asks for none (no-color.org). */
import { COLOUR, PLAIN, type Screen, type Style } from '../report/index.ts'

export interface Output {
  readonly style: Style
  readonly screen: Screen
  /** Columns of the terminal; no end to them where there is none, for what reads it then takes lines whole. */
  readonly width: number
  line(text?: string): void
  /** For what went wrong, and for what people read while standard output goes to a program. */
  error(text: string): void
  /** The same, where the line of what goes on now may stand half written on the terminal. */
  aside(text: string): void
}

export function outputTo(stream: NodeJS.WriteStream): Output {
  const live = stream.isTTY === true && process.env.TERM !== 'dumb'
  const style = live && (process.env.NO_COLOR ?? '') === '' ? COLOUR : PLAIN
  const write = (text: string) => void stream.write(text)
  return {
    style,
    screen: { write, live, columns: stream.columns || 100 },
    width: stream.isTTY === true ? stream.columns : Number.POSITIVE_INFINITY,
    line: (text = '') => write(`${text}\n`),
    error: (text) => void process.stderr.write(`${text}\n`),
    aside: (text) => void process.stderr.write(`${live ? '\r\u001b[K' : ''}${text}\n`),
  }
}

/** JSON for machines, on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
