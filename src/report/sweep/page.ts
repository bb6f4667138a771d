/** A sweep as one page that needs nothing besides: the survival table, and of each finding the broken path as a picture. Pure. */
import { formatDuration, LEAST_OUTAGE, type SweepCase, type SweepResult } from '../../model/index.ts'
import { escapeHtml } from './escape.ts'
import { pathPicture } from './picture.ts'
import { cureText, type Group, groupsOf, pathsText, placeText, severity, shareText } from './words.ts'

export interface PageOptions {
  /** `timers default: hold time 90 s, lease 40 s` */
  readonly about: string
}

export function sweepPage(result: SweepResult, { about }: PageOptions): string {
  const { topology, cases, lostBefore } = result
  const tried = cases.filter((each) => each.skipped === undefined)
  const count = (survival: SweepCase['survival']) => tried.filter((each) => each.survival === survival).length
  const summary = `${tried.length} tried: ${count('lost')} lose a VIP for good, ${count('outage')} interrupt one; of ${count('none')} no interruption is longer than ${formatDuration(LEAST_OUTAGE)}`
  const before = lostBefore.map((path) => `<p class="lost">Lost already, with nothing failed: ${escapeHtml(pathsText([path]))}</p>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>peerlab sweep: ${escapeHtml(topology)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(topology)}</h1>
<p>${escapeHtml(summary)}. ${escapeHtml(about)}. Worst first.</p>
${before.join('\n')}
<table>
<thead><tr><th>how bad</th><th>failure</th><th>what was lost, and what would have saved it</th><th>settled</th><th>next hops</th><th>repair</th></tr></thead>
<tbody>
${cases.map(row).join('\n')}
</tbody>
</table>
</body>
</html>
`
}

function row(found: SweepCase): string {
  const kind =
    found.skipped !== undefined ? 'skipped' : found.repair.state === 'unclean' && found.survival === 'none' ? 'lost' : found.survival
  const cells = [
    `<td class="${kind}">${escapeHtml(severity(found))}</td>`,
    `<th scope="row">${escapeHtml(found.name)}</th>`,
    `<td>${found.skipped === undefined ? lossCell(found) : escapeHtml(found.skipped)}</td>`,
    `<td class="number">${found.skipped === undefined ? escapeHtml(formatDuration(found.convergence)) : ''}</td>`,
    `<td>${nextHopCell(found)}</td>`,
    `<td>${repairCell(found)}</td>`,
  ]
  return `<tr>${cells.join('')}</tr>`
}

function lossCell(found: SweepCase): string {
  const [brief] = found.brief
  const groups = groupsOf(found).map((group) => groupCell(found, group))
  const short = brief === undefined || groups.length > 0 ? '' : `<p>${formatDuration(brief.outage)} at most</p>`
  return `${groups.join('')}${short}`
}

function groupCell(found: SweepCase, { worst, paths }: Group): string {
  const { cause } = worst
  const failed = new Set(found.failures.flatMap((each) => (each.kind === 'node' || each.kind === 'router' ? [each.device] : [])))
  const measured = worst.forGood ? '' : `, ${formatDuration(worst.outage)} at most`
  const lines = [
    `<p>${escapeHtml(`${pathsText(paths)}: ${shareText(paths)}${measured}`)}</p>`,
    `<div class="picture">${pathPicture(worst, failed)}</div>`,
    ...(cause === undefined ? [] : [`<p>${escapeHtml(cause.message)}</p>`]),
    ...(cause?.place === undefined
      ? []
      : [
          `<p><code>${escapeHtml(placeText(cause.place))}</code> ${escapeHtml(cause.place.path)}: ${escapeHtml(cureText(found, cause))}</p>`,
        ]),
  ]
  return `<div class="group">${lines.join('')}</div>`
}

function nextHopCell({ nextHops }: SweepCase): string {
  return nextHops
    .map(({ vip, before, after }) => {
      const left = after.length === 0 ? 'none' : after.join(', ')
      const gone = before.filter((each) => !after.includes(each))
      return `<p>${escapeHtml(vip)}: ${escapeHtml(left)}${gone.length === 0 ? '' : ` <del>${escapeHtml(gone.join(', '))}</del>`}</p>`
    })
    .join('')
}

function repairCell({ skipped, repair }: SweepCase): string {
  if (skipped !== undefined) return ''
  const head = repair.state === 'unclean' ? 'not as before' : repair.state === 'moved' ? 'as good as before' : 'as before'
  const lines = repair.differences.slice(0, 8).map((each) => `<p>${escapeHtml(each)}</p>`)
  return `<p class="${repair.state === 'unclean' ? 'lost' : ''}">${head}, after ${escapeHtml(formatDuration(repair.after))}</p>${lines.join('')}`
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c0262d; --good: #1a7f37; --warn: #9a6700 }
@media (prefers-color-scheme: dark) { :root { --bad: #ff7b72; --good: #56d364; --warn: #e3b341 } }
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem; max-width: 110rem }
h1 { font-size: 1.4rem; margin: 0 }
p { margin: .2rem 0 }
table { border-collapse: collapse; margin-top: 1rem; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; border-top: 1px solid var(--line) }
thead th { border: 0; font-weight: 600; position: sticky; top: 0; background: Canvas }
tbody th { font-weight: 600; white-space: nowrap }
td.lost, p.lost { color: var(--bad); font-weight: 600 }
td.outage { color: var(--warn); font-weight: 600; white-space: nowrap }
td.none { color: var(--good) }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums }
td.skipped, del { opacity: .6 }
.group + .group { margin-top: .9rem }
.picture { overflow-x: auto }
code { font-family: ui-monospace, monospace }
svg text { font: 12px system-ui, sans-serif; text-anchor: middle; fill: currentColor }
svg .box { fill: none; stroke: currentColor; opacity: .55 }
svg .dead { fill: none; stroke: var(--bad); stroke-width: 2; stroke-dasharray: 4 3 }
svg .cable { stroke: currentColor; opacity: .55 }
svg .cut { stroke: var(--bad); stroke-dasharray: 3 3 }
svg .cross { stroke: var(--bad); stroke-width: 2; fill: none }
`
