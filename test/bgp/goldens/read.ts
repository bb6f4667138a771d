/** What real daemons sent us, message by message in hex; `npm run capture:goldens` captures it again. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Golden {
  readonly daemon: string
  /** `FRR 8.4.4` */
  readonly version: string
  readonly addPath: boolean
  readonly messages: readonly string[]
}

export function goldens(): Golden[] {
  const files = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.json'))
  return files.sort().flatMap((name) => {
    const { version, ...said } = JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Record<string, string[]> & {
      version: string
    }
    return (['add-path', 'one path'] as const).map((mode) => ({
      daemon: name.replace('.json', ''),
      version,
      addPath: mode === 'add-path',
      messages: said[mode]!,
    }))
  })
}
