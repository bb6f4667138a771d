/** Kubernetes' own kinds, as far as the lab has them. A Service's fields are all there, since people bring theirs; what the lab makes of them is said. */
import { ENDPOINT_SLICE, ENDPOINTS, EVENT, LEASE, NAMESPACE, NODE, POD, SERVICE } from '../kinds.ts'
import type { ResourceType } from '../objects.ts'
import { type ApiSchema, anything, list, number, object, text, texts, yesOrNo } from './schema.ts'
import type { Described } from './schemas.ts'

const unused = (schema: (description: string) => ApiSchema) => schema('Of no effect here.')
const words = (description: string) => list(description, { type: 'string' })

const servicePort = object(
  'A port of the VIP.',
  {
    name: text('Required where there are several.'),
    protocol: text('TCP or UDP; TCP where absent.'),
    appProtocol: unused(text),
    port: number('From 1 to 65535.'),
    targetPort: { type: 'string', format: 'int-or-string', description: 'Where the backends answer, a number; `port` where absent.' },
    nodePort: unused(number),
  },
  ['port'],
)

const service = object('What its owner wants.', {
  type: text('LoadBalancer.'),
  loadBalancerIP: text('The VIP that is wanted, of an address pool; one is given where absent.'),
  externalTrafficPolicy: text('Cluster, and nothing else (R7).'),
  ports: { ...list('The ports of the VIP.', servicePort), mergeKey: 'port' },
  endpoints: words('The lab’s own: addresses at which backends answer (what Endpoints hold elsewhere).'),
  allocateLoadBalancerNodePorts: unused(yesOrNo),
  clusterIP: unused(text),
  clusterIPs: unused(words),
  externalIPs: unused(words),
  externalName: unused(text),
  healthCheckNodePort: unused(number),
  internalTrafficPolicy: unused(text),
  ipFamilies: unused(words),
  ipFamily: unused(text),
  ipFamilyPolicy: unused(text),
  loadBalancerClass: unused(text),
  loadBalancerSourceRanges: unused(words),
  publishNotReadyAddresses: unused(yesOrNo),
  selector: unused(texts),
  sessionAffinity: unused(text),
  sessionAffinityConfig: unused(anything),
  topologyKeys: unused(words),
  trafficDistribution: unused(text),
})

const ingress = list('The VIPs that it has.', object('', { ip: text('An IPv4 address.') }))
const condition = object('', {
  type: text('What it is about.'),
  status: text('True, False or Unknown.'),
  reason: text('One word.'),
  message: text('In words.'),
  lastTransitionTime: text('Since when; RFC 3339, UTC.'),
  lastHeartbeatTime: text('When it was looked at; RFC 3339, UTC.'),
})
const conditions = { ...list('What holds, what does not, and since when.', condition), mergeKey: 'type' }

export const BUILT_IN: readonly (readonly [ResourceType, Described])[] = [
  [
    SERVICE as ResourceType,
    {
      description: 'A service with an address of its own (VIP) that is announced over BGP.',
      spec: service,
      status: object('What is so.', {
        loadBalancer: object('', { ingress }),
        endpoints: words('The lab’s own: the backends that take traffic, those on nodes that are Ready.'),
        conditions,
      }),
    },
  ],
  [
    NODE as ResourceType,
    {
      description: 'A node of the cluster. The lab’s own: its spec does not change.',
      spec: object('What the topology says.', {
        address: text('The node’s own IP.'),
        subnet: text('a.b.c.d/n, in which it may hold floating IPs.'),
        controlPlane: yesOrNo('Whether it is a control-plane node.'),
        loadBalancer: yesOrNo('Whether it takes the traffic of VIPs.'),
        unschedulable: unused(yesOrNo),
        taints: { ...unused((description) => list(description, anything(''))), mergeKey: 'key' },
        podCIDR: unused(text),
        podCIDRs: unused(words),
        providerID: unused(text),
      }),
      status: object('What is so.', {
        conditions,
        addresses: { ...list('', object('', { type: text('InternalIP or Hostname.'), address: text('') })), mergeKey: 'type' },
      }),
    },
  ],
  [
    POD as ResourceType,
    {
      description: 'A speaker of the control plane, a static Pod of its node. There are no others.',
      spec: object('What its node runs.', {
        nodeName: text('The node.'),
        hostNetwork: yesOrNo('It speaks from the node’s own address.'),
        containers: { ...list('', object('', { name: text('') })), mergeKey: 'name' },
      }),
      status: object('What is so, as the node says; not ready once its lease has ended.', {
        phase: text('Pending until the node has told, then Running.'),
        reason: text('NodeLost where the node’s lease has ended; absent otherwise.'),
        message: text('In words.'),
        hostIP: text('The node’s own IP.'),
        podIP: text('The same.'),
        startTime: text('RFC 3339, UTC.'),
        conditions,
        containerStatuses: { ...list('', anything('')), mergeKey: 'name' },
      }),
    },
  ],
  [
    LEASE as ResourceType,
    {
      description: 'A node’s sign of life. One that is not renewed for its duration makes the node NotReady.',
      spec: object('Written by the node.', {
        holderIdentity: text('The node.'),
        leaseDurationSeconds: { type: 'integer', description: 'For how long a renewal counts.' },
        renewTime: text('When it was renewed, by the API’s clock.'),
        holding: words('The lab’s own: the floating IPs that the node holds.'),
        acquireTime: unused(text),
        leaseTransitions: unused(number),
      }),
    },
  ],
  [
    NAMESPACE,
    {
      description: 'A room for names.',
      spec: object('', { finalizers: unused(words) }),
      status: object('', { phase: text('Active.') }),
    },
  ],
  [
    ENDPOINTS as ResourceType,
    {
      description: 'The backends of the Service of this name. Derived from it.',
      spec: object('', {
        subsets: list('Addresses with the ports at which they answer.', anything('addresses, notReadyAddresses, ports.')),
      }),
    },
  ],
  [
    ENDPOINT_SLICE as ResourceType,
    {
      description: 'The backends of the Service that its label kubernetes.io/service-name names. Derived from it.',
      spec: object('', {
        addressType: text('IPv4.'),
        endpoints: list('The backends.', anything('addresses, conditions.')),
        ports: list('Where they answer.', anything('name, port, protocol.')),
      }),
    },
  ],
  [
    EVENT as ResourceType,
    {
      description: 'Something that a controller did or found.',
      spec: object('', {
        involvedObject: anything('What it is about.'),
        type: text('Normal or Warning.'),
        reason: text('One word.'),
        message: text('In words.'),
        source: anything('Who says so.'),
        firstTimestamp: text('RFC 3339, UTC.'),
        lastTimestamp: text('RFC 3339, UTC.'),
        count: number('How often it was said.'),
        eventTime: unused(text),
        series: unused(anything),
        action: unused(text),
        related: unused(anything),
        reportingComponent: unused(text),
        reportingInstance: unused(text),
      }),
    },
  ],
]
