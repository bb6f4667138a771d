/** Whether a file that a command is told to write in the end can be written: asked before the work, not after it. */
import { open } from 'node:fs/promises'
import { Ending, EXIT } from './exit.ts'

/** `option`: as the user wrote it, `--json`. Ends with the kernel's word where the file cannot be written. */
export async function checkWritable(option: string, file: string): Promise<void> {
  const problem = await open(file, 'a').then(
    (handle) => handle.close(),
    (error: Error) => error,
  )
  if (problem !== undefined) throw new Ending(EXIT.usage, `${option} ${file} cannot be written: ${problem.message}`)
}
