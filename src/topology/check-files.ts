/** A customer's files checked without running anything: by themselves, or against a topology's racks, nodes and routers. Pure. */
import { type KnownService, type Meaning, meaningOf } from '../cluster/check/index.ts'
import { type ClusterFile, type LoadedCluster, type LoadOptions, loadClusterFiles } from '../cluster/resources/index.ts'
import { type Diagnostic, inFileOrder } from '../model/index.ts'
import { checkAgainstCluster } from './check-cluster.ts'
import { nodesOf, subnetsOf } from './layout.ts'
import { readTopology } from './load.ts'

export interface CheckOptions {
  /** The topology that the cluster stands in: names, masks, routers and Services come from it. */
  readonly topology?: ClusterFile
  /** The nodes' subnets, where there is no topology; without either /24 is assumed. */
  readonly subnets?: readonly string[]
}

export interface CheckedFiles {
  /** Of all files, in file order. */
  readonly diagnostics: readonly Diagnostic[]
  /** As far as the files can be understood: it may be here although there are errors. */
  readonly meaning?: Meaning
}

/** One cluster; its documents may lie in several files. Never throws on any text. */
export function checkFiles(files: readonly ClusterFile[], options: CheckOptions = {}): CheckedFiles {
  const read = options.topology === undefined ? undefined : readTopology(options.topology.file, options.topology.text)
  const topology = read?.topology
  const initialPlacement = topology?.file.initialPlacement ?? {}
  const loading: LoadOptions =
    topology === undefined
      ? { ...(options.subnets !== undefined && { subnets: options.subnets }) }
      : { nodes: nodesOf(topology.file), subnets: subnetsOf(topology.file), gateway: { initialPlacement } }
  const loaded = loadClusterFiles(files, loading)
  const found: Diagnostic[] = [...(read?.diagnostics ?? []), ...loaded.diagnostics]
  const { cluster } = loaded
  if (cluster === undefined) return { diagnostics: inFileOrder(found) }
  if (topology !== undefined)
    found.push(...checkAgainstCluster(topology.file, topology.document, loaded.documents, cluster, initialPlacement))
  const planned = topology?.file.services.map(({ name, vip }): KnownService => {
    const slash = name.indexOf('/')
    return { namespace: name.slice(0, slash), name: name.slice(slash + 1), loadBalancerIP: vip }
  })
  return { diagnostics: inFileOrder(found), meaning: meaningOf(cluster, services(loaded, planned ?? [])) }
}

function services(loaded: LoadedCluster, planned: readonly KnownService[]): readonly KnownService[] {
  const written = (each: KnownService) => loaded.services.some((one) => one.namespace === each.namespace && one.name === each.name)
  return [...loaded.services, ...planned.filter((each) => !written(each))]
}
