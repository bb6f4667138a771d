/** A client beyond the routers: probes and fan-outs towards a VIP. */

import { nodeOf } from '../../flow.ts'
import type { BackendAnswer, ClientStart, ConnectStart, FanOutStart, ProbeStart } from '../traffic-requests.ts'
import { openTcp, openUdp } from './client/carriers.ts'
import { connectOnce } from './client/connect.ts'
import { fanOut } from './client/fan-out.ts'
import { RunningProbe } from './client/probe.ts'
import { SENDER_HANDLERS } from './rehearsal/index.ts'
import { serve } from './serve.ts'

let config: ClientStart = { device: '', nodes: {} }
const probes = new Map<string, RunningProbe>()

serve((context) => ({
  start: (args) => {
    config = args as ClientStart
    context.emit({ type: 'ready', device: config.device, what: 'client' })
  },
  probe: async (args) => {
    const start = args as ProbeStart
    if (probes.has(start.name)) throw new Error(`a probe ${start.name} runs already`)
    const open = start.protocol === 'udp' ? openUdp : openTcp
    probes.set(start.name, await RunningProbe.begin(start, { ...context, device: config.device, open, read }))
  },
  'probe-nodes': (args) => probeOf(args).nodes(),
  'probe-stop': async (args) => {
    const probe = probeOf(args)
    probes.delete((args as { name: string }).name)
    return await probe.stop()
  },
  'fan-out': (args) => fanOut(args as FanOutStart, read),
  connect: (args) => connectOnce(args as ConnectStart),
  ...SENDER_HANDLERS,
}))

function probeOf(args: unknown): RunningProbe {
  const { name } = args as { name: string }
  const probe = probes.get(name)
  if (probe === undefined) throw new Error(`no probe ${name}`)
  return probe
}

function read(text: string): { readonly node: string } | undefined {
  try {
    return { node: nodeOf(JSON.parse(text) as BackendAnswer, config.nodes) }
  } catch {
    return undefined
  }
}
