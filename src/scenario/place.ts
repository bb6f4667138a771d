/** Where in a scenario's source something was called: the first frame of the stack outside this room. */
import type { SourcePlace } from '../model/index.ts'

const ROOM = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1)
const FRAME = /\(?((?:file:\/\/)?\/[^()]+?):(\d+):(\d+)\)?$/

export function callPlace(stack: string | undefined = new Error().stack): SourcePlace | undefined {
  const room = ROOM.replace(/^file:\/\//, '')
  for (const line of (stack ?? '').split('\n').slice(1)) {
    const match = FRAME.exec(line.trim())
    if (match === null) continue
    const file = match[1]!.replace(/^file:\/\//, '')
    if (file.startsWith(room) || file.includes('node:internal')) continue
    return { file, line: Number(match[2]), column: Number(match[3]) }
  }
  return undefined
}
