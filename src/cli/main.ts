/** The entry point, started by bin/. */
import { main } from './run.ts'

// Whoever reads our output may stop reading (`| head`): that is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? process.exitCode : 1))

const code = await main(process.argv)
// A lab that stays up keeps its streams to us open: they must not keep us.
process.stdout.write('', () => process.exit(code))
