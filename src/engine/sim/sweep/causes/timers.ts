/** Outages that end by themselves: what they waited for. No file says these timers: a lab has a profile of them. */
import { type BrokenPath, type Cause, SECOND } from '../../../../model/index.ts'
import type { Plan } from '../../../../topology/plan.ts'

export function timerFor({ timers }: Plan, { endedBy }: BrokenPath): Cause | undefined {
  const hold = timers.holdTimeSeconds * SECOND
  const faster = 'shorter timers'
  switch (endedBy) {
    case 'hold time':
    case 'session':
      return {
        code: 'hold-time',
        message: `hold time ${timers.holdTimeSeconds} s: a session with whom fell silent keeps its routes until then`,
        cure: faster,
        bound: hold,
      }
    case 'lease':
      return {
        code: 'lease',
        message: `lease ${timers.leaseDuration / SECOND} s: until then a node that fell silent counts as Ready`,
        cure: faster,
        bound: timers.leaseDuration,
      }
    case 'gateway':
      return {
        code: 'gateway',
        message: "the rack's gateway moved to another router (VRRP)",
        cure: 'a shorter VRRP advertisement interval',
      }
    case 'routes':
      return { code: 'convergence', message: 'until routers had other routes', cure: 'nothing: this is how long it takes' }
    default:
      return undefined
  }
}
