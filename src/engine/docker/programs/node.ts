/** A cluster node: runs the Services' backends itself, and the agent as a child that a scenario may kill. */
import type { BackendStart } from '../traffic-requests.ts'
import { AGENT_ARGUMENT, type AgentStart, runAgent } from './agent.ts'
import { serveBackend } from './node/backend.ts'
import { AgentProcess } from './node/child.ts'
import { serve } from './serve.ts'

export interface NodeStart {
  readonly device: string
  readonly backend: BackendStart
  readonly agent: AgentStart
}

if (process.argv[2] === AGENT_ARGUMENT) runAgent()
else runNode()

function runNode(): void {
  let config: NodeStart | undefined
  serve((context) => {
    const agent = new AgentProcess((how) => {
      context.emit({ type: 'log', device: config?.device ?? '', level: 'error', message: `the agent ended by itself: ${how}` })
    })
    const configured = (): NodeStart => {
      if (config === undefined) throw new Error('the node has not been started')
      return config
    }
    return {
      start: async (args) => {
        config = args as NodeStart
        await serveBackend(config.backend)
        await agent.start(config.agent)
        context.emit({ type: 'ready', device: config.device, what: 'node' })
      },
      kill: async () => {
        const at = context.now()
        await agent.kill()
        return at
      },
      'start-process': async () => {
        const at = context.now()
        await agent.start(configured().agent)
        return at
      },
      status: (args) => agent.request('status', args),
    }
  })
}
