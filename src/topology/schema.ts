import {
  asn,
  boolean,
  choose,
  ipv4Address,
  ipv4Prefix,
  list,
  number,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  string,
  withDefault,
} from '../model/index.ts'
import type { TopologyFile } from './file.ts'

/** A device's name is also an interface's name at the other end of its link, and the kernel takes 15 characters. */
const NAME = {
  pattern: /^[a-z][a-z0-9-]{0,14}$/,
  expects: 'a device name: a letter, then letters, digits and hyphens in lower case, 15 at most',
}

const deviceName = string(NAME)

const rackPlaces = choose<readonly string[] | Readonly<Record<string, string>>>(
  'a list of racks, or a mapping of rack to address',
  (value) => (Array.isArray(value) ? list(deviceName) : record(ipv4Address, NAME)),
)

const router = object({
  kind: optional(oneOf('frr', 'gobgp')),
  asn,
  loopback: optional(ipv4Address),
  racks: optional(rackPlaces),
  connects: optional(list(deviceName)),
  addPath: optional(boolean),
  maximumPaths: optional(number({ min: 1, max: 256 })),
  config: optional(string({ pattern: /^[^/]+$/, expects: 'the name of a file beside the topology' })),
})

const portNumber = number({ min: 1, max: 65535 })

const port = object({ protocol: optional(oneOf('tcp', 'udp')), port: portNumber, targetPort: optional(portNumber) })

const service = object({
  name: string({ pattern: /^[a-z0-9-]+\/[a-z0-9-]+$/, expects: 'a namespace and a name: default/web' }),
  vip: optional(ipv4Address),
  port: optional(portNumber),
  targetPort: optional(portNumber),
  ports: optional(list(port, { min: 1 })),
  backends: list(deviceName),
})

/** The shape of a topology file; what its parts mean to each other is checked in check.ts. */
export const topologySchema: Schema<TopologyFile> = object({
  name: deviceName,
  description: optional(string()),
  cluster: string({ pattern: /^[^/]+$/, expects: 'the name of a file beside the topology' }),
  racks: record(ipv4Prefix(), NAME),
  routers: record(router, NAME),
  nodes: record(ipv4Address, NAME),
  clients: withDefault(record(deviceName, NAME), {}),
  admin: deviceName,
  api: optional(oneOf('control-plane-vip', 'admin')),
  withdrawUnhealthy: optional(boolean),
  services: withDefault(list(service), []),
  prepared: optional(object({ floatingIPs: optional(list(ipv4Address)), peers: optional(list(ipv4Address)) })),
  initialPlacement: optional(record(deviceName)),
}) as Schema<TopologyFile>
