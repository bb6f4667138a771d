/** A simulated lab for whoever waits with promises: `Lab` over a `Simulation`. */
import type { Micros } from '../../../model/index.ts'
import type { Plan } from '../../../topology/plan.ts'
import type { Lab, Rehearsal, Tables } from '../../lab.ts'
import { type Installable, Shell } from '../shell/index.ts'
import { Simulation, type SimulationOptions, type Told } from '../simulation.ts'
import { Driver, type DriverOptions } from './driver.ts'
import { createTraffic } from './traffic.ts'

export interface SimLabOptions extends SimulationOptions, DriverOptions {
  /** Aborted: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
  /** What `shell.install` can copy to a device. */
  readonly programs?: Installable
}

/** Brings the plan up; resolves when every device is ready, at an instant of virtual time. Rejects where the plan asks for what is not simulated. */
export async function createSimLab(plan: Plan, options: SimLabOptions = {}): Promise<Lab> {
  const simulation = new Simulation(plan, options)
  const driver = new Driver(simulation.queue, options)
  await driver.ask<void>(`bringing ${plan.name} up`, (done) => simulation.launch(() => done()))
  options.signal?.throwIfAborted()
  return labOf(simulation, driver, options.programs)
}

function labOf(simulation: Simulation, driver: Driver, programs: Installable | undefined): Lab {
  const { plan, log, view } = simulation
  const shell = new Shell(simulation, programs)
  const fault = (what: string, begin: (told: Told) => void) => driver.ask<Micros>(what, (done, failed) => begin({ done, failed }))
  return {
    id: `${plan.name}-sim`,
    plan,
    engine: 'simulator',
    routerVersions: Object.fromEntries(
      [...simulation.routers].map(([name, router]) => [name, `${name} ${router.profile.version}, simulated`]),
    ),
    events: log,
    view,
    power: {
      off: (device) => fault(`power off of ${device}`, (told) => simulation.powerOff(device, told)),
      on: (device) => fault(`power on of ${device}`, (told) => simulation.powerOn(device, told)),
    },
    links: {
      down: (device, name) => fault(`${device} ${name} down`, (told) => simulation.setInterface(device, name, false, told)),
      up: (device, name) => fault(`${device} ${name} up`, (told) => simulation.setInterface(device, name, true, told)),
    },
    processes: {
      kill: (device, process) => fault(`kill on ${device}`, (told) => simulation.kill(device, process, told)),
      start: (device, process) => fault(`start on ${device}`, (told) => simulation.start(device, process, told)),
    },
    sessions: {
      reset: (router, peerAddress) => fault(`reset of ${peerAddress} at ${router}`, (told) => simulation.reset(router, peerAddress, told)),
    },
    tables: tablesOf(simulation),
    traffic: createTraffic(simulation, driver),
    shell: {
      exec: (device, command) => driver.ask(`${command.join(' ')} on ${device}`, (done) => shell.exec(device, command, done)),
      copy: async (device, path, content) => shell.copy(device, path, content),
      install: async (device, program, path) => shell.install(device, program, path),
      start: (device, command, terminal) =>
        driver.ask(`start of ${command[0]} on ${device}`, (done) => shell.start(device, command, terminal, done)),
      httpGet: (device, url) => driver.ask(`GET ${url} on ${device}`, (done, failed) => shell.httpGet(device, url, done, failed)),
    },
    rehearsal: rehearsalOf(simulation, driver),
    api: {
      request: (request) => driver.ask(`${request.method} ${request.path}`, (done, failed) => simulation.request(request, done, failed)),
    },
    virtualTime: driver,
    now: () => simulation.now,
    close: async () => driver.close(),
  }
}

/** Fresh reads, which here are the state itself. */
function tablesOf(simulation: Simulation): Tables {
  const only = <T extends { readonly prefix: string }>(routes: readonly T[], prefix: string | undefined) =>
    prefix === undefined ? routes : routes.filter((route) => route.prefix === prefix)
  return {
    sessions: async (router) => simulation.router(router).sessions(),
    routes: async (router, prefix) => only(simulation.router(router).routes(), prefix),
    fib: async (device, prefix) => only(simulation.machine(device).table.all(), prefix),
  }
}

function rehearsalOf(simulation: Simulation, driver: Driver): Rehearsal {
  const on = (device: string) => simulation.rehearsal(device)
  return {
    open: (node, session) => driver.ask(`rehearsal of ${session.peerIP} on ${node}`, (done) => on(node).open(session, done)),
    announce: (node, peer, prefix) => driver.ask(`announcement to ${peer} on ${node}`, (done) => on(node).announce(peer, prefix, done)),
    outcome: async (node, peer) => on(node).outcome(peer),
    close: (node, peer) => driver.ask(`end of the rehearsal of ${peer} on ${node}`, (done) => on(node).close(peer, done)),
    look: (node, from, to) => driver.ask(`look at ${to} from ${node}`, (done) => on(node).look(from, to, done)),
    hold: async (node, vip) => on(node).hold(vip),
    arrived: async (node, vip) => on(node).arrived(vip),
    release: async (node, vip) => on(node).release(vip),
    send: (device, datagrams) => driver.ask(`datagrams from ${device}`, (done) => on(device).send(datagrams, done)),
  }
}
