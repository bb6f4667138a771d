/** From the facts of a whole run to its matrix and its findings. Pure. */
import type { Micros } from '../../model/index.ts'
import { judgeAnnouncement } from './announcement.ts'
import type { Cell } from './cells.ts'
import { judgeTogether, usedOf } from './ecmp.ts'
import type { CellFacts, ReachFacts, TogetherFacts } from './facts.ts'
import { type Finding, type Found, listed, SENDERS } from './finding.ts'
import { judgeReach, type Sight, sightOf } from './reachability.ts'
import { judgeSession } from './session.ts'

export type { Sight } from './reachability.ts'

/** One row of the matrix. What could not be tried, because what it rests on failed, is absent. */
export interface CellResult {
  readonly cell: Cell
  /** The peer's name in the lab. */
  readonly router?: string
  readonly session: { readonly ok: boolean; readonly after?: Micros }
  readonly announcement?: { readonly ok: boolean }
  readonly reach?: readonly ReachResult[]
}

export interface ReachResult {
  readonly from: string
  readonly sight: Sight
  readonly after?: Micros
}

/** One peer while all of its nodes announce at once. */
export interface TogetherResult {
  readonly peerIP: string
  readonly router?: string
  readonly announcing: readonly string[]
  /** How many of them the peer uses; absent where its tables cannot be read. */
  readonly used?: number
  readonly ok: boolean
}

export interface PreflightReport {
  readonly vip: string
  readonly passed: boolean
  readonly cells: readonly CellResult[]
  readonly together: readonly TogetherResult[]
  /** Equal causes are one finding, with all the nodes and senders that it concerns. */
  readonly findings: readonly Finding[]
}

export function judge(vip: string, cells: readonly CellFacts[], together: readonly TogetherFacts[]): PreflightReport {
  const findings: Finding[] = []
  const rows = cells.map((facts) => row(vip, facts, findings))
  const peers = together.map((facts): TogetherResult => {
    const found = judgeTogether(vip, facts)
    const used = usedOf(facts)
    const nodes = facts.announcing.map(({ node }) => node)
    if (found) findings.push({ ...found, check: 'ecmp', nodes, peerIP: facts.peerIP })
    const { peerIP, router } = facts
    return {
      peerIP,
      ...(router && { router: router.name }),
      announcing: nodes,
      ...(used !== undefined && { used }),
      ok: found === undefined,
    }
  })
  return { vip, passed: findings.length === 0, cells: rows, together: peers, findings: merged(findings) }
}

function row(vip: string, facts: CellFacts, findings: Finding[]): CellResult {
  const { cell, router, session, announcement, reach } = facts
  const add = (check: Finding['check'], found: Found | undefined, from?: string) => {
    if (found) findings.push({ ...found, check, nodes: [cell.node], peerIP: cell.peerIP, ...(from !== undefined && { from: [from] }) })
    return found === undefined
  }
  const up = add('session', judgeSession(cell, router, session))
  const base = { cell, ...(router && { router: router.name }) }
  const { upAfter } = session.outcome
  const sessionResult = { ok: up, ...(up && upAfter !== undefined && { after: upAfter }) }
  if (!up || announcement === undefined) return { ...base, session: sessionResult }
  const taken = add('announcement', judgeAnnouncement(cell, router, vip, announcement))
  if (!taken || reach === undefined) return { ...base, session: sessionResult, announcement: { ok: taken } }
  const results = reach.map((each): ReachResult => {
    add('reachability', judgeReach(cell, router, vip, each), each.from)
    return resultOf(each)
  })
  return { ...base, session: sessionResult, announcement: { ok: true }, reach: results }
}

function resultOf(facts: ReachFacts): ReachResult {
  const { after } = facts.result
  return { from: facts.from, sight: sightOf(facts), ...(after !== undefined && { after }) }
}

/** Several senders to one cell with one cause are one finding. */
function merged(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding>()
  for (const finding of findings) {
    const key = [finding.code, finding.peerIP, finding.nodes[0], finding.cause, ...finding.cure].join('\n')
    const known = groups.get(key)
    groups.set(key, known === undefined ? finding : joined(known, finding))
  }
  return [...groups.values()].map(worded)
}

function joined(a: Finding, b: Finding): Finding {
  const from = [...new Set([...(a.from ?? []), ...(b.from ?? [])])]
  return {
    ...a,
    nodes: [...new Set([...a.nodes, ...b.nodes])],
    ...(from.length > 0 && { from }),
    evidence: [...a.evidence, ...b.evidence.filter((each) => !a.evidence.some((other) => other.what === each.what))],
  }
}

function worded(finding: Finding): Finding {
  const senders = listed(finding.from ?? [])
  const named = (text: string) => text.replaceAll(SENDERS, senders)
  return { ...finding, cause: named(finding.cause), cure: finding.cure.map(named) }
}
