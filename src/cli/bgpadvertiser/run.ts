/** From the command line to the running program: what is wrong is told before anything is said to a peer. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Diagnostic, formatDiagnostic, sourceFrame } from '../../model/index.ts'
import { createRealWorld } from '../../world/real/index.ts'
import { EXIT } from '../exit.ts'
import { Advertiser, HEALTH_ADDRESS } from './advertiser.ts'
import { HELP, type Options, readArguments } from './arguments.ts'
import { type AdvertiserConfig, readConfig } from './config.ts'
import { Log } from './log.ts'
import { holds, ownAddresses } from './machine.ts'

/** After our last word a peer may take this long to close its end; then the program ends all the same. */
const LAST_WORD_MS = 2_000

const NAME = 'bgpadvertiser'

/** Starts the program, or sets the exit code and says why not. */
export async function run(argv: readonly string[]): Promise<void> {
  const read = readArguments(argv)
  if (read.kind === 'help') {
    process.stdout.write(HELP)
    return
  }
  if (read.kind === 'wrong') return fail(EXIT.usage, read.problems, `run ${NAME} --help`)
  const config = await usableConfig(read.options)
  if (config !== undefined) start(config, read.options)
}

async function usableConfig(options: Options): Promise<AdvertiserConfig | undefined> {
  const file = options.config
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    fail(EXIT.usage, [`${file} cannot be read: ${(error as Error).message}`])
    return undefined
  }
  const { config, diagnostics, finding } = readConfig(file, text)
  show(diagnostics, text)
  if (config === undefined) {
    process.exitCode = EXIT.usage
    return undefined
  }
  const { localIP, peers } = config
  const taken = [localIP, ...peers.map((peer) => peer.peerIP)].find((address) => address === options.advertiseIp)
  if (taken !== undefined) {
    const whose = taken === localIP ? 'localIP, this node’s own address' : 'a peer’s address'
    fail(EXIT.usage, [`--advertise-ip ${taken}: this is ${whose}`], 'give the VIP, an address that nobody has yet')
    return undefined
  }
  if (await holds(localIP)) return config
  const own = ownAddresses()
  const message = `this machine does not have ${localIP}; it has ${own.length === 0 ? 'none but its loopback' : own.join(', ')}`
  show(
    [finding(['localIP'], { code: 'address-not-local', message, suggestion: 'run this on the node that has it, or correct localIP' })],
    text,
  )
  process.exitCode = EXIT.environment
  return undefined
}

function start(config: AdvertiserConfig, options: Options): void {
  // Whoever reads the log may stop reading (`| head`).
  process.stdout.on('error', () => process.exit(EXIT.failed))
  const log = new Log({
    write: (line) => process.stdout.write(`${line}\n`),
    now: () => performance.timeOrigin + performance.now(),
    pid: process.pid,
    localIP: config.localIP,
  })
  const world = createRealWorld({ name: hostname(), emit: () => {} })
  const advertiser = new Advertiser(world, config, options, log)
  let stopping = false
  const onSignal = (signal: string) => {
    if (stopping) process.exit(EXIT.interrupted)
    stopping = true
    // The process ends by itself once the peers have closed their ends; this does not keep it.
    advertiser.stop(signal, () => setTimeout(() => process.exit(), LAST_WORD_MS).unref())
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  advertiser.start(({ reason, detail }) => {
    const where = `${HEALTH_ADDRESS}:${options.healthPort}`
    const why = reason === 'address-in-use' ? 'another program listens there' : detail
    fail(
      EXIT.environment,
      [`the health server cannot listen on ${where}: ${why}`],
      `stop the other program (is it a ${NAME} that was left running? ps -ef | grep ${NAME}), or give another port with --health-port`,
    )
    world.end()
    process.exit()
  })
}

function show(diagnostics: readonly Diagnostic[], text: string): void {
  for (const each of diagnostics) {
    process.stderr.write(`${formatDiagnostic(each)}\n`)
    for (const line of sourceFrame(text, each).split('\n')) process.stderr.write(`    ${line}\n`)
  }
}

function fail(code: number, problems: readonly string[], cure?: string): void {
  for (const problem of problems) process.stderr.write(`${NAME}: ${problem}\n`)
  if (cure !== undefined) process.stderr.write(`  ${cure}\n`)
  process.exitCode = code
}
