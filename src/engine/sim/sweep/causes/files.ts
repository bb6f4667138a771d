/** The files that describe a lab, with the place of everything in them. */
import { type CausePlace, formatPath, isMapping, type Path, readDocuments, type YamlDocument } from '../../../../model/index.ts'

export interface TopologyTexts {
  /** As the user knows them. */
  readonly topologyFile: string
  readonly clusterFile: string
  readonly texts: Readonly<Record<string, string>>
}

type Kind = 'Cluster' | 'BGPLoadBalancer' | 'gateway'

const KINDS: Readonly<Record<Kind, readonly string[]>> = {
  Cluster: ['Cluster'],
  BGPLoadBalancer: ['BGPLoadBalancer'],
  gateway: ['AnthosNetworkGateway', 'NetworkGatewayGroup'],
}

/** Says where something stands, or, where it is not written, where it would: at its nearest ancestor. */
export class Files {
  readonly #topology: YamlDocument | undefined
  readonly #cluster: readonly YamlDocument[]

  constructor({ topologyFile, clusterFile, texts }: TopologyTexts) {
    this.#topology = readDocuments(topologyFile, texts[topologyFile] ?? '').documents[0]
    this.#cluster = readDocuments(clusterFile, texts[clusterFile] ?? '').documents
  }

  topology(...path: Path): CausePlace | undefined {
    return placeOf(this.#topology, path)
  }

  cluster(kind: Kind, ...path: Path): CausePlace | undefined {
    const document = this.#cluster.find(({ value }) => isMapping(value) && KINDS[kind].includes(String(value.kind)))
    return placeOf(document, path)
  }

  /** Whether something is written there. */
  writes(kind: Kind, ...path: Path): boolean {
    const document = this.#cluster.find(({ value }) => isMapping(value) && KINDS[kind].includes(String(value.kind)))
    return reached(document?.value, path) === path.length
  }
}

function placeOf(document: YamlDocument | undefined, path: Path): CausePlace | undefined {
  if (document === undefined) return undefined
  const there = path.slice(0, reached(document.value, path))
  return { file: document.file, ...document.atKey(there), path: formatPath(there) }
}

function reached(value: unknown, path: Path): number {
  let at = value
  for (const [index, step] of path.entries()) {
    if (Array.isArray(at) && typeof step === 'number' && step < at.length) at = at[step]
    else if (isMapping(at) && at[step] !== undefined) at = at[step]
    else return index
  }
  return path.length
}
