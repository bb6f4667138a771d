/** The entry point, started by bin/. */
import { endInOrder } from './interrupt.ts'
import { main } from './run.ts'

// Whoever reads our output may stop reading (`| head`): that is no fault of ours. A lab that is up is removed first.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(1)
    if (!endInOrder()) process.exit(process.exitCode)
  })

const code = await main(process.argv)
// A lab that stays up keeps its streams to us open: they must not keep us.
process.stdout.write('', () => process.exit(code))
