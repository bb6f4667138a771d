/** Outages that end by themselves: what they waited for. No file says these timers: a lab has a profile of them. */
import { type BrokenPath, type Cause, formatDuration, SECOND } from '../../../../model/index.ts'
import type { Plan } from '../../../../topology/plan.ts'

export function timerFor({ timers }: Plan, { endedBy }: BrokenPath): Cause | undefined {
  const hold = timers.holdTimeSeconds * SECOND
  const faster = timers.name === 'fast' ? 'shorter timers' : 'shorter timers (--timers fast shows what they would do)'
  switch (endedBy) {
    case 'hold time':
    case 'session':
      return {
        code: 'hold-time',
        message: `hold time ${formatDuration(hold)}: the session of what fell silent keeps its routes until then`,
        cure: faster,
        bound: hold,
      }
    case 'lease':
      return {
        code: 'lease',
        message: `lease ${formatDuration(timers.leaseDuration)}: until then the silent node counts as Ready`,
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
