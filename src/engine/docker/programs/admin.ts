/** The admin host: the resource API and the controllers, reached in band. */
import { ControlPlane, type ControlPlaneConfig } from '../../../cluster/controllers/index.ts'
import { createRealWorld } from '../../../world/real/index.ts'
import { serve } from './serve.ts'

export interface AdminStart {
  readonly device: string
  readonly seed: string
  readonly controlPlane: ControlPlaneConfig
}

serve((context) => {
  let controlPlane: ControlPlane | undefined
  return {
    start: (args) => {
      if (controlPlane !== undefined) throw new Error('the control plane runs already')
      const { device, seed, controlPlane: config } = args as AdminStart
      const world = createRealWorld({ name: device, seed, emit: context.record })
      controlPlane = new ControlPlane(world, config)
      // It says `ready` itself, once its API listens.
      controlPlane.start()
    },
  }
})
