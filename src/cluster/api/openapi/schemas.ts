/** The lab's own kinds, as schemas that kubectl checks a file against before it sends it, and that `kubectl explain` reads out. */
import {
  BGP_ADVERTISED_ROUTE,
  BGP_LOAD_BALANCER,
  BGP_SESSION,
  CLUSTER,
  FLOATING_IP,
  LOAD_BALANCER_NODE,
  NETWORK_GATEWAY,
  NODE_POOL,
} from '../kinds.ts'
import type { ResourceType } from '../objects.ts'
import { BUILT_IN } from './built-in.ts'
import { type ApiSchema, anything, list, metadata, number, object, text } from './schema.ts'

const conditions = list('What holds, what does not, and since when.', anything('type, status, reason, message, lastTransitionTime.'))

export interface Described {
  readonly description: string
  readonly spec: ApiSchema
  readonly status?: ApiSchema
}

const peer = object(
  'An external peer.',
  {
    peerIP: text('Its IPv4 address.'),
    peerASN: number('Its AS number; not the local one.'),
    sessions: number('Sessions wanted with it; the gateway’s setting where absent.'),
    password: text('Not supported (R7).'),
  },
  ['peerIP', 'peerASN'],
)

const KINDS = new Map<ResourceType, Described>([
  [
    NETWORK_GATEWAY,
    {
      description: 'The floating IPs of a cluster, from which its nodes keep BGP sessions.',
      spec: object('What its owner wants.', { floatingIPs: list('Addresses in the subnets of cluster nodes.', text('An IPv4 address.')) }, [
        'floatingIPs',
      ]),
      status: object('What is so.', {
        floatingIPs: list('Where each floating IP is.', anything('address, phase, nodeName, since, reason.')),
        nodes: anything('Up or Down, by node.'),
      }),
    },
  ],
  [
    BGP_LOAD_BALANCER,
    {
      description: 'The external peers to which service addresses are announced.',
      spec: object('What its owner wants.', { localASN: number('The AS number of the cluster.'), peers: list('External peers.', peer) }, [
        'localASN',
        'peers',
      ]),
      status: object('What is so.', {
        sessions: number('Sessions that there are to be.'),
        established: number('Sessions that are Established.'),
        lostSessions: list('Sessions whose floating IP is Unassigned.', anything('floatingIP, peerIP, peerASN.')),
        warnings: list('What is less than wanted.', anything('code, peerIP, message.')),
        conditions,
      }),
    },
  ],
  [
    BGP_SESSION as ResourceType,
    {
      description: 'One BGP session of a floating IP with an external peer.',
      spec: object('What its owner wants.', {
        floatingIP: text('The floating IP that it starts from.'),
        localIP: text('The same.'),
        localASN: number('The AS number of the cluster.'),
        nodeName: text('The node that holds the floating IP.'),
        peerIP: text('The peer’s address.'),
        peerASN: number('The peer’s AS number.'),
      }),
      status: object('Reported by the node.', {
        state: text('Idle, Connect, Active, OpenSent, OpenConfirm or Established.'),
        advertisedRoutes: list('Prefixes that the peer has been sent.', text('a.b.c.d/n')),
        lastReportTime: text('When the node reported last; RFC 3339, UTC.'),
        stateReason: text('Why it is not Established, as the node found; absent where it is.'),
      }),
    },
  ],
  [
    BGP_ADVERTISED_ROUTE as ResourceType,
    {
      description: 'One service address and its next hops.',
      spec: object('What its owner wants.', {
        prefix: text('a.b.c.d/32'),
        nextHops: list('Every load-balancer node that is Ready and has its rules, for sessions with ADD-PATH.', text('An IPv4 address.')),
        nextHop: text('The one next hop for sessions without ADD-PATH.'),
      }),
    },
  ],
  [
    FLOATING_IP as ResourceType,
    {
      description: 'One floating IP and the node that holds it. Made from the gateway’s list.',
      spec: object('What its owner wants.', { address: text('The address.') }),
      status: object('What is so.', {
        phase: text('Assigned or Unassigned.'),
        nodeName: text('Who holds it.'),
        since: text('Since when it is so; RFC 3339, UTC.'),
        reason: text('Why.'),
      }),
    },
  ],
  [
    LOAD_BALANCER_NODE as ResourceType,
    {
      description:
        'What a load-balancer node has of the Services. It is a next hop of a VIP only once it has that Service’s address and rules.',
      spec: object('Which node.', { nodeName: text('Its name.') }),
      status: object('Reported by the node.', {
        servicesApplied: text('The revision up to which the Services are set up on it; none are where absent.'),
        conditions,
      }),
    },
  ],
  [CLUSTER, { description: 'The cluster as its owner described it.', spec: anything('See the cluster file.') }],
  [NODE_POOL, { description: 'Worker nodes as their owner described them.', spec: anything('See the cluster file.') }],
  ...BUILT_IN,
])

/** The whole object's schema; `undefined` where it has none. */
export function schemaOf(type: ResourceType): ApiSchema | undefined {
  const kind = KINDS.get(type)
  if (kind === undefined) return undefined
  const { description, spec, status } = kind
  return object(description, {
    apiVersion: text('The version of this schema.'),
    kind: text('The kind.'),
    metadata,
    ...(type.flat ? spec.properties : { spec }),
    ...(status === undefined ? {} : { status }),
  })
}

/** `com.gke.networking.v1alpha1.BGPSession`, as Kubernetes names the definition of a custom kind; its own are `io.k8s.api.core.v1.Service`. */
export function definitionName(type: ResourceType): string {
  const group = type.builtIn ? `io.k8s.api.${type.group.split('.')[0] || 'core'}` : type.group.split('.').toReversed().join('.')
  return `${group}.${type.version}.${type.kind}`
}
