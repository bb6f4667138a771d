/** Traffic from the lab's clients, and over which LB node and router it went. */
import { stableHash } from '../../net/index.ts'
import { devicesOf } from '../configs.ts'
import type { FanOutOptions, FanOutResult, Probe, ProbeOptions, Traffic } from '../lab.ts'
import type { Parts } from './parts.ts'
import type { ConnectEnd, ConnectStart, FanOutEnd, FanOutStart, ProbeEnd, ProbeNodes, ProbeStart } from './traffic-requests.ts'
import type { MeasuredFlow, MeasureRequest } from './wiring-requests.ts'

export function createTraffic(parts: Parts): Traffic {
  let probes = 0
  return {
    async probe(options) {
      const name = `${options.protocol}-${++probes}`
      return await startProbe(parts, name, options)
    },
    fanOut: (options) => fanOut(parts, options),
    connect: ({ from, attempts = 1, ...rest }) =>
      parts.fleet.request<ConnectEnd>(from, 'connect', { ...rest, attempts } satisfies ConnectStart),
  }
}

async function startProbe(parts: Parts, name: string, options: ProbeOptions): Promise<Probe> {
  const { from, ...rest } = options
  const start: ProbeStart = { name, ...rest }
  await parts.fleet.request(from, 'probe', start)
  let report: Promise<ProbeEnd> | undefined
  return {
    name,
    nodes: async () => (await parts.fleet.request<ProbeNodes>(from, 'probe-nodes', { name })).nodes.map((node) => node ?? undefined),
    stop: () => {
      report ??= parts.fleet.request<ProbeEnd>(from, 'probe-stop', { name })
      return report
    },
  }
}

/**
 * The LB node of a flow is known from the source address that the backend saw; the router that brought it into the rack from the MAC
 * address that the LB node received it from.
 */
async function fanOut(parts: Parts, options: FanOutOptions): Promise<FanOutResult> {
  const { from, ...rest } = options
  const start: FanOutStart = rest
  const nodes = parts.plan.nodes.filter((node) => node.roles.loadBalancer && parts.fleet.pids.has(node.name))
  const measures = nodes.map((node): MeasureRequest => {
    const name = `peerlab_measure_${stableHash(`${options.vip} ${options.port}`)}`
    return { pid: parts.fleet.pid(node.name), name, vip: options.vip, port: options.port }
  })
  const started = await Promise.allSettled(measures.map((measure) => parts.wiring('measure', measure)))
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason
    const result = await parts.fleet.request<FanOutEnd>(from, 'fan-out', start)
    const seen = await Promise.all(measures.map((measure) => parts.wiring<MeasuredFlow[]>('measured', measure)))
    const byPort = new Map(
      seen.flatMap((flows, index) => flows.map((flow) => [flow.sourcePort, { ...flow, node: nodes[index]!.name }] as const)),
    )
    return count(parts, result, byPort)
  } catch (error) {
    await Promise.allSettled(measures.map((measure) => parts.wiring('measured', measure)))
    throw error
  }
}

function count(parts: Parts, result: FanOutEnd, byPort: ReadonlyMap<number, MeasuredFlow & { readonly node: string }>): FanOutResult {
  const owners = new Map(devicesOf(parts.plan).flatMap((device) => device.interfaces.map((one) => [one.mac, device.name] as const)))
  const byRouter: Record<string, Record<string, number>> = {}
  for (const flow of result.flows) {
    const entry = byPort.get(flow.sourcePort)
    if (entry === undefined) continue
    const router = owners.get(entry.sourceMac) ?? entry.sourceMac
    const shares = byRouter[router] ?? {}
    shares[entry.node] = (shares[entry.node] ?? 0) + 1
    byRouter[router] = shares
  }
  return { answered: result.flows.filter((flow) => flow.node !== null).length, byRouter }
}
