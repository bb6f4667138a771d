/**
 * What the cluster must do, and what proves it: `docs/requirements.md` is made from this list and from the names of tests (`R12: …`, `… (R12)`)
 * and the `proves` of scenarios. A requirement that no name claims is shown as missing.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseAst } from 'rolldown/parseAst'

/** By number. The order is the document's. */
export const REQUIREMENTS: Readonly<Record<string, string>> = {
  R1: 'eBGP only: an AS for the cluster, another for its peers; iBGP is an error',
  R2: 'every kind of cluster; an admin cluster has control-plane load balancing alone',
  R3: 'nodes open every session; a peer that knocks at a node is reset',
  R4: 'control-plane sessions announce the control-plane VIP alone, service sessions the service VIPs alone',
  R5: 'control-plane sessions start from node addresses, service sessions from floating IPs',
  R6: 'multihop is on without being asked for',
  R7: 'what is not supported is refused by name: MD5, IPv6, iBGP, `externalTrafficPolicy: Local`',
  R8: 'a route that one peer has is reachable from everywhere in the cluster',
  R9: 'ADD-PATH at the peer is recommended and not required',
  R10: 'several paths are used at once, by ECMP',
  R11: 'a control-plane node without a peer is an error',
  R12: '`controlPlaneNodes` chooses who peers; without it every control-plane node does',
  R13: 'fewer than two peers is a warning',
  R14: 'the control plane’s BGP settings cannot be edited; the refusal names the field',
  R15: 'one control-plane speaker per control-plane node, which needs no API; its state and log can be read',
  R16: 'at least one floating IP, better two, each in the subnet of a node',
  R17: 'a floating IP goes to any Ready node of its subnet, and to another one when that node goes down',
  R18: 'two sessions with every external peer, from two floating IPs; a spare steps in',
  R19: 'every peer is configured for every floating IP',
  R20: 'the next hop is a load-balancer node, never merely the holder of the floating IP',
  R21: 'load-balancer nodes are those of `nodePoolSpec`, else the control-plane nodes',
  R22: 'with ADD-PATH every load-balancer node is a next hop; without it one per VIP, spread',
  R23: 'floating IPs of a subnet that has load-balancer nodes only keep BGP on these',
  R24: 'the annotation that turns BGP on is the string "true"',
  R25: '`mode: bundled` and `type: bgp`; without a type it is layer 2',
  R26: '`localASN` and `bgpPeers`',
  R27: 'VIPs: port, control-plane VIP, ingress VIP kept for its Service, pools',
  R28: 'the `AnthosNetworkGateway` named default in the cluster’s namespace',
  R29: 'the `BGPLoadBalancer` named bgplb',
  R30: 'gateway and load balancer can be edited while they run; what the edit does not touch stays up; a copy is overwritten',
  R31: 'first example, all nodes share the peers: 6 and 4 sessions',
  R32: 'second example, control-plane nodes with their own peers: 3 and 4',
  R33: 'third example, control and data plane apart: 3 and 2',
  R34: 'preflight: session, announcement and reachability of every control-plane node at every peer, each failure with its cause',
  R35: '`get bgpsessions`: service sessions, named `<peerIP>-<node>`',
  R36: '`describe bgpsession`: its spec, its state, what it announces, when that was last reported',
  R37: '`get bgpadvertisedroutes`: `<bgplb>-<namespace>-<service>` with its next hops',
  R38: '`bgpadvertiser --config FILE --advertise-ip VIP`',
  R39: 'it is one file that runs where it is copied to',
  R40: 'it logs what happens in the document’s words, keeps sessions alive, and tells its health',
  R41: 'our own route that a peer sends back is never used',
  R42: 'traffic test: the VIP on the interface, a ping from another node',
  R43: 'clean-up: no VIP and no program is left',
}

export interface Proof {
  /** From the root, with slashes. */
  readonly file: string
  readonly name: string
}

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

export function proofs(root: string): Map<string, Proof[]> {
  const found = new Map<string, Proof[]>()
  for (const folder of ['scenarios', 'test'])
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/^(?!.*\.d\.ts$).*\.ts$/.test(entry.name)) continue
      const path = join(entry.parentPath, entry.name)
      if (folder === 'test' && !entry.name.endsWith('.test.ts')) continue
      const file = relative(root, path).replaceAll('\\', '/')
      for (const name of (folder === 'test' ? namesIn : claimsIn)(readFileSync(path, 'utf8')))
        for (const number of numbersIn(name)) {
          const list = found.get(number) ?? []
          found.set(number, list)
          if (!list.some((each) => each.file === file && each.name === name)) list.push({ file, name })
        }
    }
  for (const list of found.values()) list.sort((a, b) => compare(a.file, b.file) || compare(a.name, b.name))
  return found
}

/** `R20–R22` stands for all between. */
function numbersIn(name: string): string[] {
  return [...name.matchAll(/\bR(\d+)(?:–R(\d+))?\b/g)].flatMap(([, from, to]) => {
    const first = Number(from)
    return Array.from({ length: Number(to ?? from) - first + 1 }, (_, index) => `R${first + index}`)
  })
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The names of its tests and groups, tables included. */
export function* namesIn(source: string): Generator<string> {
  for (const call of nodes(parseAst(source, { lang: 'ts' }) as unknown as Node)) {
    if (call.type !== 'CallExpression') continue
    const [root, table] = rootOf(call.callee as Node)
    const [title] = call.arguments as Node[]
    if (['it', 'test', 'describe'].includes(root)) {
      const name = textOf(title)
      if (name !== undefined) yield name
      for (const row of table) {
        const first = row.type === 'ArrayExpression' ? textOf((row.elements as Node[])[0]) : textOf(row)
        if (first !== undefined) yield first
      }
    }
  }
}

/** What a scenario file says that it proves: each `proves: [...]` with the title beside it, else the scenario's own. */
function* claimsIn(source: string): Generator<string> {
  let title = ''
  for (const node of nodes(parseAst(source, { lang: 'ts' }) as unknown as Node)) {
    if (node.type === 'CallExpression' && rootOf(node.callee as Node)[0] === 'scenario') title = textOf((node.arguments as Node[])[0]) ?? ''
    if (node.type !== 'ObjectExpression') continue
    const property = (name: string) =>
      (node.properties as Node[]).find((each) => (each.key as Node | undefined)?.name === name)?.value as Node | undefined
    const numbers = property('proves')?.elements as Node[] | undefined
    if (numbers !== undefined) yield `${textOf(property('title')) ?? title} (${numbers.map((each) => textOf(each)).join(', ')})`
  }
}

function* nodes(node: Node): Generator<Node> {
  yield node
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && typeof (child as Node).type === 'string') yield* nodes(child as Node)
}

/** `test` of `test`, `test.only`, `test.each(rows)`; with the rows. */
function rootOf(callee: Node): [string, readonly Node[]] {
  if (callee.type === 'Identifier') return [String(callee.name), []]
  if (callee.type === 'MemberExpression') return rootOf(callee.object as Node)
  if (callee.type !== 'CallExpression') return ['', []]
  const [rows] = callee.arguments as Node[]
  return [rootOf(callee.callee as Node)[0], rows?.type === 'ArrayExpression' ? (rows.elements as Node[]) : []]
}

function textOf(node: Node | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type !== 'TemplateLiteral') return undefined
  const [first = '', ...others] = (node.quasis as Node[]).map((each) => String((each.value as { cooked: unknown }).cooked))
  return others.reduce((text, next) => `${text}…${next}`, first)
}

export function requirementsPage(root: string): string {
  const found = proofs(root)
  const missing = Object.keys(REQUIREMENTS).filter((number) => !found.has(number))
  const lines = [
    '# What the cluster must do, and what proves it',
    '',
    'Made by `npm run docs:requirements` from the names of tests and what scenarios say that they prove; do not edit.',
    '',
    `${Object.keys(REQUIREMENTS).length} requirements, ${missing.length === 0 ? 'none missing' : `missing: ${missing.join(', ')}`}.`,
    '',
  ]
  for (const [number, what] of Object.entries(REQUIREMENTS)) {
    lines.push(`## ${number}`, '', `${sentence(what)}.`, '')
    for (const { file, name } of found.get(number) ?? []) lines.push(`- ${escaped(name)} · [${file}](../${file})`)
    if (!found.has(number)) lines.push('**Nothing proves it.**')
    lines.push('')
  }
  return lines.join('\n')
}

function escaped(name: string): string {
  return name.replace(/[<>*_[\]]/g, (character) => `\\${character}`).replace(/\s+/g, ' ')
}

/** Its first letter large, unless it is a word like eBGP. */
function sentence(words: string): string {
  return /^[a-z][a-z]|^a /.test(words) ? `${words[0]!.toUpperCase()}${words.slice(1)}` : words
}
