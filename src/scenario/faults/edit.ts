/** A change of the cluster's resources. The lab goes with its scenario, so there is nothing to put back. */
import type { Lab } from '../../engine/lab.ts'
import type { Micros } from '../../model/index.ts'
import type { Fault } from './fault.ts'

export function resourceEdit(lab: Pick<Lab, 'plan' | 'events'>, what: string, change: () => Promise<Micros>): Fault {
  const device = lab.plan.admin.name
  return {
    kind: 'edit',
    device,
    key: what,
    cure: false,
    async inject() {
      const at = await change()
      lab.events.emit({ type: 'fault', device, fault: 'edit', detail: what }, at)
      return at
    },
  }
}
