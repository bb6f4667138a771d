import { type Admission, BGP_LOAD_BALANCER, CLUSTER, NETWORK_GATEWAY } from '../api/index.ts'
import { controlPlaneChanges, readEditedBalancer, readEditedGateway } from '../resources/index.ts'

/** What an edit of the owner's documents must not do: change the control plane's BGP settings (R14), or be one that cannot be read (R30). */
export const admission: Admission = (type, next, previous) => {
  if (next === undefined) return undefined
  if (type === CLUSTER && previous !== undefined) {
    const changed = controlPlaneChanges(previous, next)
    return changed.length === 0 ? undefined : `${changed.join(', ')} cannot change after creation (R14)`
  }
  const read = type === NETWORK_GATEWAY ? readEditedGateway : type === BGP_LOAD_BALANCER ? readEditedBalancer : undefined
  const errors = read?.(next).diagnostics.filter((each) => each.severity === 'error') ?? []
  return errors.length === 0 ? undefined : errors.map((each) => `${each.path}: ${each.message}`).join('; ')
}
