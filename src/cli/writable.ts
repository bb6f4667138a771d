/** Places that a command is told to write to in the end: looked at before the work, not after it. */
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Ending, EXIT } from './exit.ts'

/** `option`: as the user wrote it, `--json`. Ends with the kernel's word where the file cannot be written. */
export async function checkWritable(option: string, file: string): Promise<void> {
  const problem = await open(file, 'a').then(
    (handle) => handle.close(),
    (error: Error) => error,
  )
  if (problem !== undefined) throw new Ending(EXIT.usage, `${option} ${file} cannot be written: ${problem.message}`)
}

/** A folder with all above it, `path` absolute. One by one: Node's own `recursive` never ends where a parent takes no entries (`/proc`). */
export async function makeFolders(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory()) return
  if (dirname(path) !== path) await makeFolders(dirname(path))
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Somebody else was as quick.
    if (error.code !== 'EEXIST') throw error
  })
}
