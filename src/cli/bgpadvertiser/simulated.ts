/** The program on a simulated machine: the same code, in virtual time. */
import type { SimulatedProcess } from '../../engine/sim/driver/index.ts'
import type { Machine } from './machine.ts'
import { run } from './run.ts'

export function bgpadvertiser(process: SimulatedProcess): void {
  run(process.words, machineOf(process))
}

function machineOf({ pid, world, machine, read, print, onSignal, exit }: SimulatedProcess): Machine {
  const epoch = Date.parse(world.clock.wallTime('micros')) - world.clock.now() / 1000
  const lines = (text: string) => {
    for (const line of text.replace(/\n$/, '').split('\n')) print(line)
  }
  return {
    pid,
    now: () => epoch + world.clock.now() / 1000,
    minutesEast: 0,
    read(path) {
      const text = read(path)
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
      return text
    },
    holds: (address, told) => told(machine.holds(address)),
    ownAddresses: () => machine.byHand.addresses().map((each) => `${each.address.split('/')[0]} (${each.interface})`),
    world: () => world,
    print: lines,
    complain: lines,
    onSignal,
    // What it has said to its peers is on its way; their ends close by themselves.
    end: exit,
    abort: exit,
  }
}
