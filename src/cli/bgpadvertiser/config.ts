/** The configuration file (R38), read with the place of every mistake. Pure. */
import {
  asn,
  check,
  type Diagnostic,
  diagnose,
  type Finding,
  type Infer,
  inFileOrder,
  ipv4Address,
  list,
  object,
  type Path,
  readDocuments,
  refine,
  type Schema,
  type YamlDocument,
} from '../../model/index.ts'
import { parseIpv4 } from '../../net/index.ts'

const SHAPE = 'localIP, localASN, and peers, each with peerIP and peerASN'

const CLUSTER_FILE: Finding = {
  code: 'unknown-field',
  message: 'this looks like a cluster file',
  suggestion: `this program reads a file of its own: ${SHAPE}`,
}

const hostAddress: Schema<string> = refine(ipv4Address, (address) => {
  const why = notAHost(address)
  return why === undefined ? undefined : { code: 'bad-address', message: `${address} ${why}` }
})

/** RFC 7300 §2: the last AS number is reserved. */
const asNumber: Schema<number> = refine(asn, (value) =>
  value === 0xffffffff ? { code: 'out-of-range', message: `${value} is reserved (RFC 7300)` } : undefined,
)

const peer = object(
  { peerIP: hostAddress, peerASN: asNumber },
  { expects: 'a mapping with peerIP and peerASN', known: [rename('ip', 'peerIP'), rename('asn', 'peerASN')] },
)

const schema = object(
  { localIP: hostAddress, localASN: asNumber, peers: list(peer, { min: 1 }) },
  {
    expects: `a mapping with ${SHAPE}`,
    known: [rename('ip', 'localIP'), rename('asn', 'localASN'), rename('bgpPeers', 'peers'), { field: 'spec', finding: CLUSTER_FILE }],
  },
)

export type AdvertiserConfig = Infer<typeof schema>

export interface ReadConfig {
  /** Present only where nothing is wrong. */
  readonly config: AdvertiserConfig | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** A finding of the caller's own, at a field of the file. */
  finding(path: Path, finding: Finding): Diagnostic
}

/** Reads the one document of `text`; every mistake in it comes back at once. */
export function readConfig(file: string, text: string): ReadConfig {
  const { documents, diagnostics: found } = readDocuments(file, text)
  const [document, second] = documents
  const diagnostics = [...found]
  if (document === undefined) {
    const empty = { severity: 'error', code: 'empty', file, line: 1, column: 1, path: '' } as const
    if (found.length === 0) diagnostics.push({ ...empty, message: 'the file is empty', suggestion: `it needs ${SHAPE}` })
    return { config: undefined, diagnostics, finding: (_, { code, message }) => ({ ...empty, code, message }) }
  }
  if (second !== undefined)
    diagnostics.push(
      diagnose(second, [], { code: 'several-documents', message: 'a second document; the file has one', suggestion: 'remove it' }),
    )
  let config: AdvertiserConfig | undefined
  if (!document.broken) {
    const checked = check(schema, document)
    diagnostics.push(...checked.diagnostics, ...relations(document, checked.value))
    config = checked.value
  }
  return {
    config: diagnostics.some((each) => each.severity === 'error') ? undefined : config,
    diagnostics: inFileOrder(diagnostics),
    finding: (path, finding) => diagnose(document, path, finding),
  }
}

/** What is wrong between fields that are each right. */
function relations(document: YamlDocument, config: AdvertiserConfig | undefined): Diagnostic[] {
  if (config === undefined) return []
  const found: Diagnostic[] = []
  const seen = new Map<string, number>()
  for (const [index, { peerIP, peerASN }] of config.peers.entries()) {
    const say = (field: string, finding: Finding) => found.push(diagnose(document, ['peers', index, field], finding))
    const first = seen.get(peerIP)
    if (first !== undefined)
      say('peerIP', { code: 'duplicate', message: `${peerIP} is peers[${first}] already`, suggestion: 'keep one of them' })
    else seen.set(peerIP, index)
    if (peerIP === config.localIP)
      say('peerIP', { code: 'peer-is-local', message: `${peerIP} is localIP`, suggestion: "give the external peer's address" })
    if (peerASN === config.localASN)
      say('peerASN', {
        code: 'ibgp',
        message: `${peerASN} is localASN: iBGP is not supported (R1)`,
        suggestion: "give the AS number of the peer's network",
      })
  }
  return found
}

/** Why an address can be no host's; `undefined` where it can. */
export function notAHost(address: string): string | undefined {
  const first = (parseIpv4(address) ?? 0) >>> 24
  if (first === 0) return 'is no host’s address'
  if (first >= 240) return 'is reserved or broadcast, no host’s address'
  return first >= 224 ? 'is a multicast address' : undefined
}

/** A field that is called otherwise in the cluster's own file. */
function rename(field: string, meant: string) {
  return { field, finding: { code: 'unknown-field', message: 'unknown field', suggestion: `did you mean ${meant}?` } }
}
