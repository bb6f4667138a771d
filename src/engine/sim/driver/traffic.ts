/** Traffic from the lab's clients and nodes, awaited. */
import type { ConnectResult, FanOutResult, Probe, ProbeReport, Traffic } from '../../lab.ts'
import { connect } from '../programs/connect.ts'
import { fanOut } from '../programs/fan-out.ts'
import { Probe as RunningProbe } from '../programs/probe.ts'
import type { Simulation } from '../simulation.ts'
import type { Driver } from './driver.ts'

export function createTraffic(simulation: Simulation, driver: Driver): Traffic {
  const nodes = Object.fromEntries(simulation.plan.nodes.map((node) => [node.address, node.name]))
  let probes = 0
  return {
    async probe({ from, ...rest }): Promise<Probe> {
      const name = `${rest.protocol}-${++probes}`
      const context = {
        machine: simulation.machine(from),
        world: simulation.world(from),
        nodes,
        emit: simulation.log.emit.bind(simulation.log),
      }
      const running = await driver.ask<RunningProbe>(`probe from ${from}`, (done, failed) => {
        const probe: RunningProbe = new RunningProbe({ name, ...rest }, context, () => done(probe), failed)
      })
      let report: Promise<ProbeReport> | undefined
      return {
        name,
        nodes: async () => running.nodes(),
        stop: () => {
          report ??= driver.ask<ProbeReport>(`stop of ${name}`, (done) => running.stop(done))
          return report
        },
      }
    },
    fanOut: ({ from, ...rest }) =>
      driver.ask<FanOutResult>(`fan-out from ${from}`, (done) => fanOut(simulation.machine(from), simulation.world(from), rest, done)),
    connect: ({ from, attempts = 1, ...rest }) =>
      driver.ask<ConnectResult>(`${rest.protocol} ${rest.vip}:${rest.port} from ${from}`, (done) =>
        connect(simulation.machine(from), simulation.world(from), { ...rest, attempts }, done),
      ),
  }
}
