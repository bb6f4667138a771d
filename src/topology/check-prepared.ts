import type { ClusterModel } from '../cluster/resources/model.ts'
import { type Diagnostic, diagnose, type YamlDocument } from '../model/index.ts'
import { rackOf } from './addressing.ts'
import type { Prepared, TopologyFile } from './file.ts'
import { peeringAddresses } from './neighbors.ts'

/** What may be added while the cluster runs has to be possible: an address that a node can hold, a peer that is a router. */
export function checkPrepared(file: TopologyFile, document: YamlDocument, model: ClusterModel, prepared: Prepared): Diagnostic[] {
  const found: Diagnostic[] = []
  const tell = (key: string, code: string, message: string, suggestion: string) =>
    found.push(diagnose(document, file.prepared === undefined ? [] : ['prepared', key], { code, message, suggestion }))
  for (const address of prepared.floatingIPs ?? []) {
    const owner = model.nodes.find((node) => node.address === address)
    const racks = Object.values(file.racks).join(', ')
    if (rackOf(file, address) === undefined) tell('floatingIPs', 'floating-ip-outside', `${address} is in no rack`, `racks: ${racks}`)
    else if (owner !== undefined)
      tell('floatingIPs', 'floating-ip-is-node', `${address} is the own address of ${owner.name}`, 'prepare an address that is free')
  }
  const routers = Object.keys(file.routers).flatMap((name) => peeringAddresses(file, name))
  for (const peer of prepared.peers ?? [])
    if (!routers.includes(peer))
      tell('peers', 'peer-without-router', `no router here has the address ${peer}`, `known: ${routers.join(', ')}`)
  return found
}
