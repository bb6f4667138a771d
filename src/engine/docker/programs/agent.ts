/**
 * A node's agent, as the child of its node program (`node.js agent`): floating IPs, speakers, the VIP data plane. It is in the node's own
 * bundle, so that an image carries one file for both.
 */
import { Agent, type AgentConfig } from '../../../cluster/agent/index.ts'
import { createRealWorld } from '../../../world/real/index.ts'
import { serve } from './serve.ts'

export interface AgentStart {
  readonly seed: string
  readonly config: AgentConfig
}

/** The argument with which the node's bundle is the agent. */
export const AGENT_ARGUMENT = 'agent'

export function runAgent(): void {
  serve((context) => {
    let agent: Agent | undefined
    return {
      start: (args) => {
        if (agent !== undefined) throw new Error('the agent runs already')
        const { seed, config } = args as AgentStart
        agent = new Agent(createRealWorld({ name: config.node, seed, emit: context.record }), config)
        agent.start()
      },
      status: () => agent?.status() ?? null,
      'stop-api': () => agent?.stopApi(),
      'start-api': () => agent?.startApi(),
    }
  }, 'child')
}
