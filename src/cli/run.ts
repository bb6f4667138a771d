/** The command line: from its arguments to its exit code. */
import { Command, CommanderError } from 'commander'
import { RefusedFiles } from '../engine/refused.ts'
import { checkCommand } from './check.ts'
import { decodeCommand } from './decode.ts'
import { diffCommand } from './diff.ts'
import { downCommand } from './down.ts'
import { lostEngine } from './engine.ts'
import { execCommand } from './exec.ts'
import { Ending, EXIT } from './exit.ts'
import { kubeconfigCommand } from './kubeconfig.ts'
import { version } from './package.ts'
import { preflightCommand } from './preflight.ts'
import { psCommand } from './ps.ts'
import { routesCommand } from './routes.ts'
import { scenarioCommand } from './scenario.ts'
import { sessionsCommand } from './sessions.ts'
import { setupCommand } from './setup.ts'
import { sweepCommand } from './sweep.ts'
import { upCommand } from './up.ts'
import { type Machine, thisMachine } from './which-engine.ts'

const COMMANDS = [
  setupCommand,
  checkCommand,
  decodeCommand,
  preflightCommand,
  scenarioCommand,
  upCommand,
  psCommand,
  execCommand,
  kubeconfigCommand,
  sessionsCommand,
  routesCommand,
  diffCommand,
  sweepCommand,
  downCommand,
]

function program(machine: Machine): Command {
  const root = new Command('peerlab')
    .description('a BGP rehearsal lab: what will the routes and the traffic do, now, when something fails, and after the change?')
    .version(version())
    .enablePositionalOptions()
  for (const make of COMMANDS) root.addCommand(make(machine))
  // Commander would end the process itself; its settings do not reach commands that were made elsewhere.
  for (const command of [root, ...root.commands]) command.exitOverride().showHelpAfterError('(--help tells more)')
  return root
}

/** Runs one command; `argv` as Node gives it, `machine` to say otherwise what there is. Answers the exit code, and throws only what is a bug of ours. */
export async function main(argv: readonly string[], machine: Machine = thisMachine()): Promise<number> {
  process.exitCode = EXIT.pass
  try {
    await program(machine).parseAsync([...argv])
    return Number(process.exitCode)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage
    if (error instanceof Ending) return told(error)
    if (error instanceof RefusedFiles) {
      process.stderr.write(
        `${error.message}\npeerlab: the daemons refuse ${error.lines.length === 1 ? 'this' : 'these'}; nothing was started\n`,
      )
      return EXIT.usage
    }
    const lost = await lostEngine()
    if (lost !== undefined) return told(lost)
    if (isEngineError(error)) {
      process.stderr.write(`peerlab: the engine says: ${error.json?.message ?? error.message}\n`)
      return EXIT.environment
    }
    throw error
  }
}

function told({ message, suggestion, exitCode }: Ending): number {
  process.stderr.write(`peerlab: ${message}\n${suggestion === undefined ? '' : `  ${suggestion}\n`}`)
  return exitCode
}

/** What the Docker API refused, as dockerode throws it: a device without power, a lab that went away meanwhile. */
function isEngineError(error: unknown): error is Error & { readonly statusCode: number; readonly json?: { readonly message?: string } } {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
}
