/**
 * bgpadvertiser: the manual test program (R38–R43). A program of its own, not a command of `peerlab`: it is bundled into one file that is
 * copied to a machine where nothing but Node is (`npm run build:bgpadvertiser`).
 */
import { realMachine } from './real-machine.ts'
import { run } from './run.ts'

run(process.argv.slice(2), realMachine())
