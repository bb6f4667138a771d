/** From the command line to the running program: what is wrong is told before anything is said to a peer. */
import { type Diagnostic, formatDiagnostic, sourceFrame } from '../../model/index.ts'
import { EXIT } from '../exit.ts'
import { Advertiser, HEALTH_ADDRESS } from './advertiser.ts'
import { HELP, type Options, readArguments } from './arguments.ts'
import { type AdvertiserConfig, readConfig } from './config.ts'
import { Log } from './log.ts'
import type { Machine } from './machine.ts'

const NAME = 'bgpadvertiser'

/** Starts the program, or ends with an exit code and says why not. */
export function run(argv: readonly string[], machine: Machine): void {
  const read = readArguments(argv)
  if (read.kind === 'help') {
    machine.print(HELP)
    machine.end(EXIT.pass)
  } else if (read.kind === 'wrong') fail(machine, EXIT.usage, read.problems, `run ${NAME} --help`)
  else withConfig(machine, read.options, (config) => start(machine, config, read.options))
}

function withConfig(machine: Machine, options: Options, usable: (config: AdvertiserConfig) => void): void {
  const file = options.config
  let text: string
  try {
    text = machine.read(file)
  } catch (error) {
    fail(machine, EXIT.usage, [`${file} cannot be read: ${(error as Error).message}`])
    return
  }
  const { config, diagnostics, finding } = readConfig(file, text)
  show(machine, diagnostics, text)
  if (config === undefined) {
    machine.end(EXIT.usage)
    return
  }
  const { localIP, peers } = config
  const taken = [localIP, ...peers.map((peer) => peer.peerIP)].find((address) => address === options.advertiseIp)
  if (taken !== undefined) {
    const whose = taken === localIP ? 'localIP, this node’s own address' : 'a peer’s address'
    fail(machine, EXIT.usage, [`--advertise-ip ${taken}: this is ${whose}`], 'give the VIP, an address that nobody has yet')
    return
  }
  machine.holds(localIP, (held) => {
    if (held) {
      usable(config)
      return
    }
    const own = machine.ownAddresses()
    const message = `this machine does not have ${localIP}; it has ${own.length === 0 ? 'none but its loopback' : own.join(', ')}`
    const suggestion = 'run this on the node that has it, or correct localIP'
    show(machine, [finding(['localIP'], { code: 'address-not-local', message, suggestion })], text)
    machine.end(EXIT.environment)
  })
}

function start(machine: Machine, config: AdvertiserConfig, options: Options): void {
  const { pid, now, minutesEast } = machine
  const log = new Log({
    write: (line) => machine.print(`${line}\n`),
    now,
    pid,
    localIP: config.localIP,
    ...(minutesEast !== undefined && { minutesEast }),
  })
  const world = machine.world()
  const advertiser = new Advertiser(world, config, options, log)
  let stopping = false
  machine.onSignal((signal) => {
    if (stopping) {
      machine.abort(EXIT.interrupted)
      return
    }
    stopping = true
    advertiser.stop(signal, () => machine.end(EXIT.pass))
  })
  advertiser.start(({ reason, detail }) => {
    const where = `${HEALTH_ADDRESS}:${options.healthPort}`
    const why = reason === 'address-in-use' ? 'another program listens there' : detail
    const cure = `stop the other program (is it a ${NAME} that was left running? ps -ef | grep ${NAME}), or give another port with --health-port`
    world.end()
    fail(machine, EXIT.environment, [`the health server cannot listen on ${where}: ${why}`], cure)
  })
}

function show(machine: Machine, diagnostics: readonly Diagnostic[], text: string): void {
  for (const each of diagnostics) {
    machine.complain(`${formatDiagnostic(each)}\n`)
    for (const line of sourceFrame(text, each).split('\n')) machine.complain(`    ${line}\n`)
  }
}

function fail(machine: Machine, code: number, problems: readonly string[], cure?: string): void {
  for (const problem of problems) machine.complain(`${NAME}: ${problem}\n`)
  if (cure !== undefined) machine.complain(`  ${cure}\n`)
  machine.end(code)
}
