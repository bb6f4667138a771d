import { EXIT } from '../exit.ts'

/**
 * The same promise. Should it never settle, Node would end the process with the exit code that is set so far, success, as soon as there is
 * nothing to wait for: it is told and ends with an error instead.
 */
export async function settled<T>(promise: Promise<T>): Promise<T> {
  const stuck = () => {
    process.stderr.write('peerlab: not all was decoded, and nothing more comes: this is a bug\n')
    process.exitCode = EXIT.failed
  }
  process.once('beforeExit', stuck)
  try {
    return await promise
  } finally {
    process.off('beforeExit', stuck)
  }
}
