/**
 * What `gobgpd --dry-run` says about a configuration: `While parsing config: (20, 13): no value can start with n` for bad TOML, and
 * `'neighbors[0].transport.config' has invalid keys: pasive-mode`, without a line, for a field that it does not know.
 */
import type { ConfigError } from '../driver.ts'
import { parseGobgpLog } from './read.ts'

export function parseDryRun(file: string, text: string, output: string): ConfigError[] {
  // gobgpd starts, and waits for somebody to tell it over its API what it is.
  if (!/^\s*\[global\.config\]/m.test(text))
    return [{ file, line: 1, message: 'no [global.config] with as and router-id: gobgpd would start no BGP' }]
  const errors: ConfigError[] = []
  for (const line of output.split('\n')) {
    const error = parseGobgpLog(line)?.Error
    if (error === undefined) continue
    const place = /\((\d+), \d+\): (.*)/.exec(error)
    if (place !== null) {
      errors.push({ file, line: Number(place[1]), message: place[2]! })
      continue
    }
    for (const part of error.split('\n').filter((one) => one.startsWith('* ')))
      errors.push({ file, line: lineOfKey(text, /invalid keys: ([\w-]+)/.exec(part)?.[1]), message: part.slice(2) })
    if (!error.includes('\n* ')) errors.push({ file, line: 0, message: error })
  }
  return errors
}

function lineOfKey(text: string, key: string | undefined): number {
  if (key === undefined) return 0
  return text.split('\n').findIndex((line) => line.trim().startsWith(key)) + 1
}
