/** What preflight found, for people: the matrix, one row for each node and peer, then each cause with its cure. Pure. */
import type { CellResult, Finding, PreflightReport, Sight, TogetherResult } from '../cluster/preflight/index.ts'
import { formatDuration, type Micros } from '../model/index.ts'
import { printable, type Style } from '../report/index.ts'
import type { Plan } from '../topology/plan.ts'

/** A mark alone must tell: colour only underlines it. */
const MARKS: Readonly<Record<Sight, string>> = { ok: '✓', 'no-answer': '↩', 'not-reached': '✗' }
const ITSELF = '·'
const NOT_TRIED = '–'

interface Mark {
  readonly text: string
  readonly good?: boolean
}

export function matrixLines(report: PreflightReport, plan: Pick<Plan, 'nodes' | 'clients'>, style: Style, columns: number): string[] {
  const senders = [...plan.nodes, ...plan.clients].map((device) => device.name)
  const lines = ['', ...rows(report, senders, style, columns)]
  const together = report.together.map((each) => togetherLine(report.vip, each, style))
  if (together.length > 0) lines.push('', ...together)
  for (const finding of report.findings) lines.push('', ...findingLines(finding, report, style))
  return lines
}

function rows(report: PreflightReport, senders: readonly string[], style: Style, columns: number): string[] {
  const short = shortNames(senders)
  const left = report.cells.map(
    (row) => [row.cell.node, named(row.router, row.cell.peerIP), sessionMark(row), announcementMark(row)] as const,
  )
  const width = (index: 0 | 1, head: string) => Math.max(head.length, ...left.map((row) => row[index].length))
  const widths = [width(0, 'node'), width(1, 'peer'), 9, 9] as const
  const stem = 4 + widths[0] + widths[1] + widths[2] + widths[3] + 6
  const wide = stem + short.reduce((sum, name) => sum + name.length + 1, 0) <= Math.max(columns, 80)
  const head = `${'node'.padEnd(widths[0])}  ${'peer'.padEnd(widths[1])}  ${'session'.padEnd(widths[2])}  ${'announced'.padEnd(widths[3])}`
  const lines = [
    `    ${' '.repeat(stem - 6)}${report.vip} reached from`,
    `    ${style.strong(`${head}  ${wide ? short.join(' ') : ''}`.trimEnd())}`,
  ]
  for (const [index, row] of report.cells.entries()) {
    const [node, peer, session, announced] = left[index]!
    const cells = `${node.padEnd(widths[0])}  ${peer.padEnd(widths[1])}  ${padded(session, widths[2], style)}  ${padded(announced, widths[3], style)}`
    const reach = wide
      ? senders.map((sender, at) => padded(reachMark(row, sender), short[at]!.length, style)).join(' ')
      : counted(row, style)
    lines.push(`    ${cells}  ${reach}`.trimEnd())
  }
  const names = short.some((name, index) => name !== senders[index]) && wide ? `${short[0]} is ${senders[0]}; ` : ''
  lines.push(`    ${style.faint(`${names}✓ answered  ↩ arrives, no answer comes back  ✗ does not arrive  · itself  – not tried`)}`)
  return lines
}

function named(router: string | undefined, peerIP: string): string {
  return router === undefined ? peerIP : `${router} ${peerIP}`
}

/** `node-01` → `01`, where what is left still tells them apart. */
function shortNames(names: readonly string[]): string[] {
  const short = names.map((name) => /^(?:[a-z-]*?-)(\d+)$/.exec(name)?.[1] ?? name)
  return new Set(short).size === names.length ? short : [...names]
}

function sessionMark({ session }: CellResult): Mark {
  return { text: session.ok ? `✓${session.after === undefined ? '' : ` ${formatDuration(session.after)}`}` : '✗', good: session.ok }
}

function announcementMark({ announcement }: CellResult): Mark {
  return announcement === undefined ? { text: NOT_TRIED } : { text: announcement.ok ? '✓' : '✗', good: announcement.ok }
}

function reachMark(row: CellResult, sender: string): Mark {
  if (sender === row.cell.node) return { text: ITSELF }
  const found = row.reach?.find((each) => each.from === sender)
  return found === undefined ? { text: NOT_TRIED } : { text: MARKS[found.sight], good: found.sight === 'ok' }
}

/** Where the columns do not fit: how many, and which not. */
function counted({ reach }: CellResult, style: Style): string {
  if (reach === undefined) return NOT_TRIED
  const bad = reach.filter((each) => each.sight !== 'ok')
  const count = `${reach.length - bad.length} of ${reach.length}`
  return bad.length === 0
    ? style.good(count)
    : style.bad(`${count}, not ${bad.map((each) => `${each.from} ${MARKS[each.sight]}`).join(', ')}`)
}

function padded({ text, good }: Mark, width: number, style: Style): string {
  const paint = good === undefined ? style.faint : good ? style.good : style.bad
  return `${paint(text)}${' '.repeat(Math.max(0, width - text.length))}`
}

function togetherLine(vip: string, { peerIP, router, announcing, used, ok }: TogetherResult, style: Style): string {
  const mark = ok ? style.good('✓') : style.bad('✗')
  const count =
    used === undefined ? `${announcing.length} announce it, its tables cannot be read` : `${used} of ${announcing.length} nodes used`
  return `    ${mark} all at once: ${named(router, peerIP)} → ${vip}: ${count}`
}

function findingLines(finding: Finding, { cells }: PreflightReport, style: Style): string[] {
  const router = cells.find((row) => row.cell.peerIP === finding.peerIP)?.router
  const where = `${finding.nodes.join(', ')} → ${named(router, finding.peerIP)}`
  const [first, ...rest] = finding.cure
  return [
    `  ${style.bad('✗')} ${style.strong(`${where}  ${finding.check}`)}: ${printable(finding.cause)}`,
    ...(first === undefined ? [] : [`      cure  ${printable(first)}`]),
    ...rest.map((line) => `            ${printable(line)}`),
    ...finding.evidence.map(({ by, what }) =>
      style.faint(`      ${by === 'node' ? 'seen by nodes    ' : 'read from routers'} ${printable(what)}`),
    ),
    style.faint(`      (${finding.code})`),
  ]
}

export function verdictLine(
  report: PreflightReport,
  run: { readonly length: Micros; readonly left: number; readonly log: string },
  style: Style,
): string {
  const { cells, findings } = report
  const count = findings.length === 1 ? '1 cause' : `${findings.length} causes`
  const verdict = report.passed
    ? style.good(`${cells.length} of ${cells.length} good`)
    : style.bad(`${bad(report)} of ${cells.length} bad, ${count}`)
  return `  ${verdict} · ${runText(run, style)}`
}

/** A run that somebody ended has no verdict. */
export function interruptedLine(run: { readonly length: Micros; readonly left: number; readonly log: string }, style: Style): string {
  return `  ${style.bad('interrupted, not judged')} · ${runText(run, style)}`
}

function runText({ length, left, log }: { readonly length: Micros; readonly left: number; readonly log: string }, style: Style): string {
  const behind = left === 0 ? 'nothing left behind' : style.bad(`${left} containers left behind`)
  return `${formatDuration(length)} · ${behind} · log: ${log}`
}

/** Rows that concern a finding. */
function bad({ cells, findings }: PreflightReport): number {
  return cells.filter(({ cell }) => findings.some((each) => each.peerIP === cell.peerIP && each.nodes.includes(cell.node))).length
}
