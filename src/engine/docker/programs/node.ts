/** A cluster node: runs the Services' backends itself, and the agent as a child that a scenario may kill. */
import type { BackendStart } from '../traffic-requests.ts'
import { AGENT_ARGUMENT, type AgentStart, runAgent } from './agent.ts'
import { serveBackend } from './node/backend.ts'
import { AgentProcess } from './node/child.ts'
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
      kill: async () => {
        const at = context.now()
        await agent.kill()
        return at
      },
      'start-process': async () => {
        const at = context.now()
        await agent.start(configured())
        return at
      },
      status: (args) => agent.request('status', args),
    }
  })
}
