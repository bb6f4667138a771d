import { isEdge } from '../cluster/resources/check-addresses.ts'
import { type Diagnostic, diagnose, type Finding, nearest, type Path, type YamlDocument } from '../model/index.ts'
import { contains, ipv4, overlaps, parseIpv4, prefix } from '../net/index.ts'
import { gateways, rackOf, rackPorts } from './addressing.ts'
import type { ServiceEntry, TopologyFile } from './file.ts'
import { portsOf } from './services.ts'

/**
 * What the parts of a topology file must be to each other: names that exist, addresses that lie where they must and are given once. All
 * findings at once, each at its place in the file.
 */
export function checkTopology(file: TopologyFile, document: YamlDocument): Diagnostic[] {
  const found: Diagnostic[] = []
  const say = (path: Path, finding: Finding) => found.push(diagnose(document, path, finding))
  for (const rule of [
    namesOnce,
    racksApart,
    routersStand,
    nodesInRacks,
    addressesOnce,
    hostsBehindRouters,
    servicesHaveBackends,
    placement,
  ])
    rule(file, say)
  return found
}

type Say = (path: Path, finding: Finding) => void

function unknown(what: string, name: string, known: readonly string[]): Finding {
  const meant = nearest(name, known)
  return {
    code: 'unknown-name',
    message: `there is no ${what} ${JSON.stringify(name)}`,
    suggestion: meant === undefined ? `known: ${known.join(', ') || 'none'}` : `did you mean ${meant}?`,
  }
}

function namesOnce(file: TopologyFile, say: Say): void {
  const first = new Map<string, string>([['admin', 'the admin host']])
  const groups = [
    ['racks', 'a rack', file.racks],
    ['routers', 'a router', file.routers],
    ['nodes', 'a node', file.nodes],
    ['clients', 'a client', file.clients],
  ] as const
  for (const [field, what, group] of groups) {
    for (const name of Object.keys(group)) {
      const before = first.get(name)
      if (before === undefined) first.set(name, what)
      else
        say([field, name], {
          code: 'name-twice',
          message: `${name} is already the name of ${before}`,
          suggestion: 'give each device its own name',
          onKey: true,
        })
    }
  }
}

function racksApart(file: TopologyFile, say: Say): void {
  const racks = Object.entries(file.racks)
  if (racks.length === 0)
    say(['racks'], { code: 'missing', message: 'a topology needs at least one rack', suggestion: 'add rack1: 10.0.1.0/24' })
  for (const [index, [name, subnet]] of racks.entries()) {
    const clash = racks.slice(0, index).find(([, other]) => overlaps(prefix(other), prefix(subnet)))
    if (clash)
      say(['racks', name], {
        code: 'subnets-overlap',
        message: `${subnet} overlaps ${clash[1]} of ${clash[0]}`,
        suggestion: 'give each rack a subnet of its own',
      })
    if (prefix(subnet).length > 29)
      say(['racks', name], {
        code: 'subnet-small',
        message: `${subnet} has no room for a gateway, routers and nodes`,
        suggestion: 'use /29 or shorter',
      })
  }
}

function routersStand(file: TopologyFile, say: Say): void {
  const racks = Object.keys(file.racks)
  const routers = Object.keys(file.routers)
  for (const [name, entry] of Object.entries(file.routers)) {
    const places = entry.racks ?? []
    if (Array.isArray(places)) {
      for (const [index, rack] of (places as readonly string[]).entries())
        if (!racks.includes(rack)) say(['routers', name, 'racks', index], unknown('rack', rack, racks))
    } else {
      for (const [rack, address] of Object.entries(places as Readonly<Record<string, string>>)) {
        const subnet = file.racks[rack]
        if (subnet === undefined) say(['routers', name, 'racks', rack], { ...unknown('rack', rack, racks), onKey: true })
        else if (!contains(prefix(subnet), ipv4(address)))
          say(['routers', name, 'racks', rack], {
            code: 'address-outside',
            message: `${address} is not in ${subnet}, the subnet of ${rack}`,
            suggestion: `give it an address of ${subnet}`,
          })
      }
    }
    for (const [index, other] of (entry.connects ?? []).entries()) {
      if (other === name)
        say(['routers', name, 'connects', index], {
          code: 'self',
          message: `${name} has a link to itself`,
          suggestion: 'name another router',
        })
      else if (!routers.includes(other)) say(['routers', name, 'connects', index], unknown('router', other, routers))
      else if (file.routers[other]?.connects?.includes(name) && other < name)
        say(['routers', name, 'connects', index], {
          code: 'link-twice',
          message: `${other} already lists the link to ${name}`,
          suggestion: 'list it at one end',
        })
    }
  }
}

function nodesInRacks(file: TopologyFile, say: Say): void {
  for (const [name, address] of Object.entries(file.nodes)) {
    if (rackOf(file, address) === undefined)
      say(['nodes', name], {
        code: 'address-outside',
        message: `${address} is in no rack`,
        suggestion: `racks: ${Object.entries(file.racks)
          .map(([rack, subnet]) => `${rack} ${subnet}`)
          .join(', ')}`,
      })
    else if (isEdge(rackOf(file, address)!.subnet, address))
      say(['nodes', name], {
        code: 'address-unusable',
        message: `${address} is the network or broadcast address of its rack`,
        suggestion: 'give a host address',
      })
  }
}

function addressesOnce(file: TopologyFile, say: Say): void {
  const owner = new Map<string, string>()
  for (const gateway of gateways(file)) if (gateway.shared) owner.set(gateway.address, `the gateway of ${gateway.rack}`)
  const claim = (address: string, who: string, path: Path) => {
    const before = owner.get(address)
    if (before === undefined) owner.set(address, who)
    else say(path, { code: 'address-twice', message: `${address} is already ${before}'s`, suggestion: 'give each device its own address' })
  }
  for (const port of rackPorts(file)) claim(port.address, port.router, ['routers', port.router, 'racks'])
  for (const [name, entry] of Object.entries(file.routers))
    if (entry.loopback !== undefined) claim(entry.loopback, name, ['routers', name, 'loopback'])
  for (const [name, address] of Object.entries(file.nodes)) claim(address, name, ['nodes', name])
}

function hostsBehindRouters(file: TopologyFile, say: Say): void {
  const routers = Object.keys(file.routers)
  for (const [name, router] of Object.entries(file.clients))
    if (!routers.includes(router)) say(['clients', name], unknown('router', router, routers))
  if (!routers.includes(file.admin)) say(['admin'], unknown('router', file.admin, routers))
}

function servicesHaveBackends(file: TopologyFile, say: Say): void {
  const nodes = Object.keys(file.nodes)
  const seen = new Set<string>()
  const listening = new Map<string, string>()
  for (const [index, service] of file.services.entries()) {
    if (seen.has(service.name))
      say(['services', index, 'name'], { code: 'name-twice', message: `there are two services ${service.name}`, suggestion: 'rename one' })
    seen.add(service.name)
    servicePorts(service, index, say)
    for (const [at, node] of service.backends.entries()) {
      if (!nodes.includes(node)) say(['services', index, 'backends', at], unknown('node', node, nodes))
      for (const { protocol, targetPort } of portsOf(service)) {
        const key = `${node} ${protocol} ${targetPort}`
        const other = listening.get(key)
        if (other !== undefined && other !== service.name)
          say(['services', index], {
            code: 'port-twice',
            message: `backends of ${other} already listen at ${node} on ${protocol} port ${targetPort}`,
            suggestion: 'give it a targetPort of its own',
          })
        listening.set(key, service.name)
      }
    }
  }
}

function servicePorts(service: ServiceEntry, index: number, say: Say): void {
  if ((service.port === undefined) === (service.ports === undefined))
    say(['services', index, ...(service.port === undefined ? [] : ['port'])], {
      code: service.port === undefined ? 'missing' : 'port-or-ports',
      message:
        service.port === undefined
          ? `${service.name} has no port`
          : `${service.name} has port and ports: port is for one over TCP and UDP alike`,
      suggestion: service.port === undefined ? 'add port: 80, or ports: [{ protocol: tcp, port: 80 }]' : 'write all of them under ports',
    })
  if (service.port === undefined && service.targetPort !== undefined)
    say(['services', index, 'targetPort'], {
      code: 'port-or-ports',
      message: 'targetPort stands beside port only',
      suggestion: 'write it at its entry of ports',
      onKey: true,
    })
  const seen = new Set<string>()
  for (const [at, { protocol = 'tcp', port }] of (service.ports ?? []).entries()) {
    const key = `${protocol} ${port}`
    if (seen.has(key))
      say(['services', index, 'ports', at], {
        code: 'port-twice',
        message: `${service.name} has ${protocol} port ${port} already`,
        suggestion: 'list each port of a protocol once',
      })
    seen.add(key)
  }
}

function placement(file: TopologyFile, say: Say): void {
  const nodes = Object.keys(file.nodes)
  for (const [address, node] of Object.entries(file.initialPlacement ?? {})) {
    const own = file.nodes[node]
    if (parseIpv4(address) === undefined) {
      say(['initialPlacement', address], {
        code: 'bad-address',
        message: `${JSON.stringify(address)} is not an IPv4 address`,
        suggestion: 'name a floating IP',
        onKey: true,
      })
      continue
    }
    if (own === undefined) say(['initialPlacement', address], unknown('node', node, nodes))
    else if (rackOf(file, own)?.name !== rackOf(file, address)?.name)
      say(['initialPlacement', address], {
        code: 'other-subnet',
        message: `${node} is not in the subnet of ${address} (R17)`,
        suggestion: 'name a node of the same rack',
      })
  }
}
