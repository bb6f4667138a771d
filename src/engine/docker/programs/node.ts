/** A cluster node: runs the Services' backends itself, and the agent as a child that a scenario may kill. */
import type { BackendStart, ConnectStart } from '../traffic-requests.ts'
import { AGENT_ARGUMENT, type AgentStart, runAgent } from './agent.ts'
import { connectOnce } from './client/connect.ts'
import { serveBackend } from './node/backend.ts'
import { AgentProcess } from './node/child.ts'
import { rehearsalHandlers } from './rehearsal/index.ts'
import { serve } from './serve.ts'

export interface NodeStart {
  readonly device: string
  readonly backend: BackendStart
  /** Absent before there is a cluster. */
  readonly agent?: AgentStart
}

if (process.argv[2] === AGENT_ARGUMENT) runAgent()
else runNode()

function runNode(): void {
  let config: NodeStart | undefined
  serve((context) => {
    const agent = new AgentProcess((how) => {
      context.emit({ type: 'log', device: config?.device ?? '', level: 'error', message: `the agent ended by itself: ${how}` })
    })
    const configured = (): AgentStart => {
      if (config?.agent === undefined) throw new Error('no agent was configured on this node')
      return config.agent
    }
    return {
      start: async (args) => {
        config = args as NodeStart
        await serveBackend(config.backend)
        if (config.agent !== undefined) await agent.start(config.agent)
        context.emit({ type: 'ready', device: config.device, what: 'node' })
      },
      // The agent, or with `api` only what a control-plane node serves at the CP VIP.
      kill: async (args) => {
        const at = context.now()
        if (isApi(args)) await agent.request('stop-api', args)
        else await agent.kill()
        return at
      },
      'start-process': async (args) => {
        const at = context.now()
        if (isApi(args)) await agent.request('start-api', args)
        else await agent.start(configured())
        return at
      },
      status: (args) => agent.request('status', args),
      connect: (args) => connectOnce(args as ConnectStart),
      ...rehearsalHandlers(context, () => config?.device ?? ''),
    }
  })
}

function isApi(args: unknown): boolean {
  return (args as { readonly process?: string } | null)?.process === 'api'
}
