/** A cluster node: runs the Services' backends itself, and the agent as a child that a scenario may kill. */
import type { BackendStart } from '../traffic-requests.ts'
import { AGENT_ARGUMENT, type AgentStart, runAgent } from './agent.ts'
import { serveBackend } from './node/backend.ts'
import { AgentProcess } from './node/child.ts'
import { serve } from './serve.ts'

export interface NodeStart {
  readonly device: string
  readonly backend: BackendStart
  /** Absent: the node runs no agent. */
  readonly agent?: AgentStart
}

if (process.argv[2] === AGENT_ARGUMENT) runAgent()
else runNode()

function runNode(): void {
  let agent: AgentProcess | undefined
  const agentOf = (): AgentProcess => {
    if (agent === undefined) throw new Error('this node runs no agent')
    return agent
  }
  serve((context) => ({
    start: async (args) => {
      const start = args as NodeStart
      await serveBackend(start.backend)
      if (start.agent !== undefined) {
        agent = new AgentProcess(start.agent, (how) =>
          context.emit({ type: 'log', device: start.device, level: 'error', message: `the agent ended by itself: ${how}` }),
        )
        await agent.start()
      }
      context.emit({ type: 'ready', device: start.device, what: 'node' })
    },
    kill: async () => {
      const at = context.now()
      await agentOf().kill()
      return at
    },
    'start-process': async () => {
      const at = context.now()
      await agentOf().start()
      return at
    },
    status: (args) => agentOf().request('status', args),
  }))
}
