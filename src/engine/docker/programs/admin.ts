/** The admin host: the resource API and the controllers, reached in band. */
import { RESOURCE_TYPES } from '../../../cluster/api/index.ts'
import { ControlPlane, type ControlPlaneConfig } from '../../../cluster/controllers/index.ts'
import { SECOND } from '../../../model/index.ts'
import type { Endpoint, World } from '../../../world/index.ts'
import { createRealWorld } from '../../../world/real/index.ts'
import type { ApiReply, ApiRequest } from '../../lab.ts'
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
  let ask: ((request: ApiRequest) => Promise<ApiReply>) | undefined
  return {
    start: (args) => {
      if (controlPlane !== undefined) throw new Error('the control plane runs already')
      const { device, seed, controlPlane: config } = args as AdminStart
      const world = createRealWorld({ name: device, seed, emit: context.record })
      if (config === undefined) return world.events.emit({ type: 'ready', device, what: 'no cluster yet' })
      controlPlane = new ControlPlane(world, config)
      ask = (request) => askApi(world, config.listen, request)
      // It says `ready` itself, once its API listens.
      controlPlane.start()
    },
    request: (args) => {
      if (ask === undefined) throw new Error('there is no control plane here')
      return ask(args as ApiRequest)
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

/** One request over the network, as any client's. */
function askApi({ calls, clock }: World, server: Endpoint, { method, path, contentType, body }: ApiRequest): Promise<ApiReply> {
  const at = clock.now()
  const headers = contentType === undefined ? {} : { headers: { 'content-type': contentType } }
  return new Promise((resolve, reject) => {
    calls.request({ server, method, path, timeout: 10 * SECOND, ...headers, ...(body === undefined ? {} : { body }) }, (event) => {
      if (event.type === 'reply') resolve({ at, status: event.status, body: event.body })
      else if (event.type === 'failed') reject(new Error(`${method} ${path}: ${event.reason}: ${event.detail}`))
      else reject(new Error(`${method} ${path}: no answer came`))
    })
  })
}
