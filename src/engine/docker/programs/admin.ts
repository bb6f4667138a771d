/** The admin host: the resource API and the controllers, reached in band. */
import { RESOURCE_TYPES } from '../../../cluster/api/index.ts'
import { ControlPlane, type ControlPlaneConfig } from '../../../cluster/controllers/index.ts'
import { createRealWorld } from '../../../world/real/index.ts'
import { type Handlers, type ProgramContext, serve } from './serve.ts'
import { runTunnel, TUNNEL_ARGUMENT } from './tunnel.ts'

export interface AdminStart {
  readonly device: string
  readonly seed: string
  /** Absent: there is no cluster yet. */
  readonly controlPlane?: ControlPlaneConfig
}

const [argument, address, port] = process.argv.slice(2)
if (argument === TUNNEL_ARGUMENT) runTunnel(address ?? '', Number(port))
else serve(admin)

function admin(context: ProgramContext): Handlers {
  let controlPlane: ControlPlane | undefined
  return {
    start: (args) => {
      if (controlPlane !== undefined) throw new Error('the control plane runs already')
      const { device, seed, controlPlane: config } = args as AdminStart
      const world = createRealWorld({ name: device, seed, emit: context.record })
      if (config === undefined) return world.events.emit({ type: 'ready', device, what: 'no cluster yet' })
      controlPlane = new ControlPlane(world, config)
      // It says `ready` itself, once its API listens.
      controlPlane.start()
    },
    resources: (args) => {
      const { kind } = args as { kind: string }
      const type = RESOURCE_TYPES.find((each) => each.kind === kind)
      if (type === undefined)
        throw new Error(`no kind ${JSON.stringify(kind)}; there are ${RESOURCE_TYPES.map((each) => each.kind).join(', ')}`)
      return controlPlane?.store.list(type).items ?? []
    },
  }
}
