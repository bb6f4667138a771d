import { loadCluster } from '../cluster/resources/load.ts'
import { check, type Diagnostic, diagnose, readDocuments, type TimerProfile, type YamlDocument } from '../model/index.ts'
import { checkTopology } from './check.ts'
import { checkAgainstCluster } from './check-cluster.ts'
import { checkPrepared } from './check-prepared.ts'
import type { Prepared, TopologyFile } from './file.ts'
import { layOut, nodesOf, subnetsOf } from './layout.ts'
import { isPeer } from './neighbors.ts'
import { clusterPeering } from './peering.ts'
import type { ApiPath, ApiPlan, ClusterPlan, Plan, RouterKind } from './plan.ts'
import { topologySchema } from './schema.ts'
import { planServices } from './services.ts'

/** Where a topology's files come from: `read` answers the text of a file beside the topology, or `undefined` where there is none. */
export interface TopologySource {
  /** As the user knows it; it stands in diagnostics. */
  readonly file: string
  readonly text: string
  read(name: string): { readonly file: string; readonly text: string } | undefined
}

export interface TopologyOptions {
  readonly timers: TimerProfile
  /** Router → kind, or one kind for every router that the cluster peers with; over what the file says. */
  readonly routers?: RouterKind | Readonly<Record<string, RouterKind>>
  /** Router → ADD-PATH receive, over what the file says. */
  readonly addPath?: Readonly<Record<string, boolean>>
  /** False leaves every device with the kernel's one hash seed, to show polarisation. */
  readonly hashSeeds?: boolean
  /** False: no agent runs on any node, as before the cluster is created. */
  readonly agents?: boolean
  /** Floating IP → node that holds it at first, over what the file says. */
  readonly initialPlacement?: Readonly<Record<string, string>>
  /** What the routers are configured for beside the cluster file, over what the file says. */
  readonly prepared?: Prepared
  /** How nodes reach the resource API, over what the file says. */
  readonly api?: ApiPath
  /** Over what the file says. */
  readonly withdrawUnhealthy?: boolean
}

export interface LoadedTopology {
  /** Absent where there are errors. */
  readonly plan?: Plan
  /** Of all files read, errors and warnings. */
  readonly diagnostics: readonly Diagnostic[]
  /** The texts read, by file, for source frames. */
  readonly texts: Readonly<Record<string, string>>
}

/** A topology file by itself, without the cluster file that it names. */
export interface ReadTopology {
  /** Absent where it cannot be read; there may be errors beside it. */
  readonly topology?: { readonly file: TopologyFile; readonly document: YamlDocument }
  readonly diagnostics: readonly Diagnostic[]
}

export function readTopology(name: string, text: string): ReadTopology {
  const { documents, diagnostics: ofYaml } = readDocuments(name, text)
  const diagnostics = [...ofYaml]
  const document = documents[0]
  if (document === undefined || document.broken) {
    const empty = wholeFile(name, 'empty', 'the file is empty', 'describe racks, routers and nodes')
    return { diagnostics: diagnostics.length === 0 ? [empty] : diagnostics }
  }
  diagnostics.push(...furtherDocuments(documents))
  const { value: file, diagnostics: ofShape } = check(topologySchema, document)
  if (file === undefined) return { diagnostics: [...diagnostics, ...ofShape] }
  return { topology: { file, document }, diagnostics: [...diagnostics, ...ofShape, ...checkTopology(file, document)] }
}

export function noClusterFile({ file, document }: NonNullable<ReadTopology['topology']>): Diagnostic {
  return diagnose(document, ['cluster'], {
    code: 'no-file',
    message: `there is no file ${file.cluster} beside ${document.file}`,
    suggestion: "give the name of the cluster's own file, which lies in the topology's folder",
  })
}

/** A topology is one document: what stands below a `---` would be left out in silence. */
function furtherDocuments(documents: readonly YamlDocument[]): Diagnostic[] {
  return documents.slice(1).map((document) =>
    diagnose(document, [], {
      code: 'several-documents',
      message: 'a topology file is one document, and here another one begins',
      suggestion: "remove the `---` above it, or put the cluster's documents into the file that `cluster` names",
    }),
  )
}

/** Reads a topology and the files that it names, and works out the plan. Never throws on any text. */
export function loadTopology(source: TopologySource, options: TopologyOptions): LoadedTopology {
  const texts: Record<string, string> = { [source.file]: source.text }
  const { topology, diagnostics } = readTopology(source.file, source.text)
  const found: Diagnostic[] = [...diagnostics]
  const result = (plan?: Plan): LoadedTopology => ({ ...(plan === undefined ? {} : { plan }), diagnostics: found, texts })
  if (topology === undefined) return result()
  const { file, document } = topology

  const clusterText = source.read(file.cluster)
  if (clusterText === undefined) {
    found.push(noClusterFile({ file, document }))
    return result()
  }
  texts[clusterText.file] = clusterText.text
  const configs = readConfigs(file, document, source, found)
  if (hasErrors(found)) {
    // Nodes and subnets cannot be trusted: still say what is wrong in the cluster file by itself.
    found.push(...loadCluster(clusterText.file, clusterText.text).diagnostics.filter((d) => d.severity === 'error'))
    return result()
  }
  const initialPlacement = { ...file.initialPlacement, ...options.initialPlacement }
  const loaded = loadCluster(clusterText.file, clusterText.text, {
    nodes: nodesOf(file),
    subnets: subnetsOf(file),
    gateway: { initialPlacement },
  })
  found.push(...loaded.diagnostics)
  const model = loaded.cluster
  if (model === undefined || hasErrors(found)) return result()

  const prepared = { ...file.prepared, ...options.prepared }
  const peering = clusterPeering(model, prepared)
  found.push(
    ...checkAgainstCluster(file, document, loaded.documents, model, initialPlacement),
    ...checkPrepared(file, document, model, prepared),
  )
  const services = planServices(file, document, model, found)
  if (hasErrors(found)) return result()
  const cluster: ClusterPlan = {
    name: model.name,
    namespace: model.namespace,
    file: clusterText.file,
    documents: loaded.resources,
    model,
    services,
    initialPlacement,
  }
  const api: ApiPlan = {
    path: options.api ?? file.api ?? 'control-plane-vip',
    withdrawUnhealthy: options.withdrawUnhealthy ?? file.withdrawUnhealthy ?? false,
  }
  const kinds = options.routers ?? {}
  const tors = Object.keys(file.routers).filter((name) => isPeer(file, name, peering))
  return result(
    layOut(file, {
      timers: options.timers,
      agents: options.agents ?? true,
      api,
      cluster,
      peering,
      controlPlaneNodes: model.cpNodes,
      loadBalancerNodes: model.lbNodes,
      kinds: typeof kinds === 'string' ? Object.fromEntries(tors.map((name) => [name, kinds])) : kinds,
      addPath: options.addPath ?? {},
      hashSeeds: options.hashSeeds ?? true,
      configs,
    }),
  )
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === 'error')
}

function readConfigs(file: TopologyFile, document: YamlDocument, source: TopologySource, found: Diagnostic[]) {
  const configs: Record<string, { file: string; text: string }> = {}
  for (const [name, entry] of Object.entries(file.routers)) {
    if (entry.config === undefined) continue
    const read = source.read(entry.config)
    if (read !== undefined) configs[name] = read
    else
      found.push(
        diagnose(document, ['routers', name, 'config'], {
          code: 'no-file',
          message: `there is no file ${entry.config} beside ${source.file}`,
        }),
      )
  }
  return configs
}

function wholeFile(file: string, code: string, message: string, suggestion: string): Diagnostic {
  return { severity: 'error', code, file, line: 1, column: 1, path: '', message, suggestion }
}
