/** The containers of a lab: one for each device and rack segment, and one that does the wiring. What each is made of, as data. */
import type Docker from 'dockerode'
import type { DeviceKind, DevicePlan, Plan, RouterPlan } from '../../topology/plan.ts'
import { type ImageKind, LABELS, NODE_IN_IMAGE, PROGRAMS_IN_IMAGE } from './protocol.ts'
import { routerDriver } from './routers/index.ts'

export type Images = Readonly<Record<ImageKind, string>>

/** The wiring helper's name among a lab's containers; no device can have it. */
export const WIRING = '.wiring'

export type ContainerRole = DeviceKind | 'wiring'

export interface ContainerPlan {
  readonly device: string
  readonly role: ContainerRole
  readonly image: ImageKind
  /** The program of ours that is its main process; a segment has none. */
  readonly program?: 'router' | 'node' | 'admin' | 'client' | 'wiring'
  /** Beyond Docker's default set, which has NET_RAW. */
  readonly capabilities: readonly string[]
  readonly sysctls: Readonly<Record<string, string>>
}

/** Addresses, routes and nftables; SYS_ADMIN as the kernel wants it for sysctls of a namespace. */
const CAPABILITIES = ['NET_ADMIN', 'SYS_ADMIN']

/** The helper, which every lab has alike. */
export const WIRING_CONTAINER: ContainerPlan = {
  device: WIRING,
  role: 'wiring',
  image: 'wiring',
  program: 'wiring',
  capabilities: [...CAPABILITIES, 'SYS_PTRACE'],
  sysctls: {},
}

/** All of a lab's containers, the wiring helper first: it is needed first. */
export function containersOf(plan: Plan): readonly ContainerPlan[] {
  const device = (role: DeviceKind, image: ImageKind, program: 'router' | 'node' | 'admin' | 'client') => (of: DevicePlan) => ({
    device: of.name,
    role,
    image,
    program,
    capabilities: CAPABILITIES,
    sysctls: of.sysctls,
  })
  const router = (of: RouterPlan): ContainerPlan => {
    const { image, capabilities } = routerDriver(of.kind)
    return { ...device('router', image, 'router')(of), capabilities }
  }
  return [
    WIRING_CONTAINER,
    ...plan.segments.map((segment) => ({
      device: segment.name,
      role: 'segment' as const,
      image: 'wiring' as const,
      capabilities: [],
      sysctls: {},
    })),
    ...plan.routers.map(router),
    device('admin', 'node', 'admin')(plan.admin),
    ...plan.nodes.map(device('node', 'node', 'node')),
    ...plan.clients.map(device('client', 'client', 'client')),
  ]
}

export interface ContainerLabels {
  readonly lab: string
  readonly owner: string
}

/** What Docker is told. No restart, no log file, no network of Docker's. */
export function containerOptions(plan: ContainerPlan, images: Images, labels: ContainerLabels): Docker.ContainerCreateOptions {
  const wiring = plan.role === 'wiring'
  const command =
    plan.program === undefined
      ? ['sleep', 'infinity']
      : [NODE_IN_IMAGE, '--disable-warning=ExperimentalWarning', `${PROGRAMS_IN_IMAGE}/${plan.program}.js`]
  return {
    name: `peerlab-${labels.lab}-${wiring ? 'wiring' : plan.device}`,
    Image: images[plan.image],
    Hostname: wiring ? 'wiring' : plan.device,
    Cmd: command,
    Env: [`PEERLAB_DEVICE=${plan.device}`],
    Labels: {
      [LABELS.project]: '1',
      [LABELS.lab]: labels.lab,
      [LABELS.device]: plan.device,
      [LABELS.owner]: labels.owner,
    },
    Tty: false,
    // The lab's requests go to standard input, which stays open when the lab's own process has gone.
    OpenStdin: plan.program !== undefined,
    StdinOnce: false,
    AttachStdin: plan.program !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    // A second is plenty: power off is a kill, and removal is forced.
    StopTimeout: 1,
    HostConfig: {
      NetworkMode: 'none',
      // The helper shares the machine's process IDs, where an init of its own could not reap anything.
      Init: !wiring,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
      CapAdd: [...plan.capabilities],
      // The helper finds the other containers' namespaces by process ID, and writes their sysctls under /proc/sys.
      ...(wiring ? { PidMode: 'host', SecurityOpt: ['apparmor=unconfined'], MaskedPaths: [], ReadonlyPaths: [] } : {}),
      ...(Object.keys(plan.sysctls).length === 0 ? {} : { Sysctls: { ...plan.sysctls } }),
    },
  }
}

/** Runs `work` on every item, at most `limit` at a time; the first failure stops further starts and is thrown when all have settled. */
export async function inParallel<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length)
  const failures: unknown[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++
      try {
        results[index] = await work(items[index]!)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
  return results
}
