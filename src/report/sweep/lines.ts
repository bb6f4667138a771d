/** The survival table for a terminal: worst first, each finding with the broken path and what would have saved it. Pure. */
import { formatDuration, type Micros, type SweepCase, type SweepResult } from '../../model/index.ts'
import { PLAIN, printable, type Style } from '../text.ts'
import { cureText, type Group, groupsOf, NO_LOSS, pathsText, placeText, severity, shareText, wayText } from './words.ts'

export interface SweepLineOptions {
  readonly style?: Style
  /** How long it took, in real time. */
  readonly wall?: Micros
  /** So many findings are told in full; the others by a line each. */
  readonly full?: number
}

export function sweepLines(result: SweepResult, { style = PLAIN, wall, full = Number.POSITIVE_INFINITY }: SweepLineOptions = {}): string[] {
  const { cases, lostBefore } = result
  const tried = cases.filter((each) => each.skipped === undefined)
  const found = tried.filter((each) => each.survival !== 'none' || each.repair.state === 'unclean')
  const pairs = cases.some((each) => each.failures.length > 1)
  const one = tried.length === 1
  const what = `${tried.length} ${pairs ? (one ? 'pair of failures' : 'pairs of failures') : one ? 'failure' : 'failures, one by one'}`
  const lines = [[style.strong(result.topology), what, ...(wall === undefined ? [] : [formatDuration(wall)]), 'worst first'].join(' · ')]
  for (const path of lostBefore)
    lines.push(
      `  ${style.bad('lost already')}   ${path.vip} (${path.service}) from ${path.from}: nothing gets through although nothing failed`,
    )
  const width = Math.max(13, ...found.map((each) => severity(each).length))
  const names = Math.max(0, ...found.map((each) => each.name.length))
  for (const [index, each] of found.entries()) lines.push(...findingLines(each, { style, width, names, full: index < full }))
  const unharmed = tried.filter((each) => !found.includes(each))
  if (unharmed.length > 0)
    lines.push(`  ${style.good(NO_LOSS)}  ${unharmed.length} ${unharmed.length === 1 ? 'other' : 'others'}: ${shortList(unharmed)}`)
  if (found.some((each) => each.broken.some(({ cause }) => cause?.bound !== undefined)))
    lines.push(
      '',
      '  hold time and lease are no line of these files: shorter timers shorten what lasts "up to" so long (compare --timers fast)',
    )
  const moved = tried.filter((each) => each.repair.state === 'moved')
  if (moved.length > 0)
    lines.push(
      `  after ${moved.length} of the repairs a floating IP stayed where it had gone; that is as good, and the next failure began afresh`,
    )
  const skipped = cases.filter((each) => each.skipped !== undefined)
  for (const [why, same] of Map.groupBy(skipped, (each) => each.skipped ?? ''))
    lines.push(`  not tried: ${shortList(same)}: ${printable(why)}`)
  return lines
}

interface Columns {
  readonly style: Style
  readonly width: number
  readonly names: number
  readonly full: boolean
}

function findingLines(found: SweepCase, { style, width, names, full }: Columns): string[] {
  const paint = found.survival === 'lost' || found.repair.state === 'unclean' ? style.bad : style.strong
  const [worst, ...more] = groupsOf(found)
  const head = `  ${paint(severity(found).padEnd(width))}  ${printable(found.name).padEnd(names)}`
  const lines = [worst === undefined ? head.trimEnd() : `${head}  ${pathsText(worst.paths)}, ${shareText(worst.paths)}`]
  const indent = ' '.repeat(width + 6)
  if (worst !== undefined && full) lines.push(...groupLines(found, worst, style).map((line) => `${indent}${line}`))
  for (const group of full ? more.filter(({ worst: { cause, forGood } }) => forGood || cause?.place !== undefined) : []) {
    lines.push(`${indent}${pathsText(group.paths)}, ${shareText(group.paths)}`)
    lines.push(...groupLines(found, group, style).map((line) => `${indent}${line}`))
  }
  if (full) lines.push(`${indent}${style.faint(printable(afterwards(found)))}`)
  if (found.repair.state === 'unclean')
    for (const difference of found.repair.differences.slice(0, 5))
      lines.push(`${indent}${style.bad('after the repair')} ${printable(difference)}`)
  return lines
}

/** How it ended: when it had settled, over which nodes the VIPs went then, and what the repair led to. */
function afterwards({ convergence, nextHops, repair }: SweepCase): string {
  const lefts = Map.groupBy(nextHops, ({ after }) => (after.length === 0 ? 'nobody' : after.join(', ')))
  const over = [...lefts].map(([nodes, vips]) => `; ${vips.length === 1 ? vips[0]?.vip : `${vips.length} VIPs`} then over ${nodes}`)
  const back = { clean: 'as before', moved: 'as good as before', unclean: 'not as before' }[repair.state]
  return `settled after ${formatDuration(convergence)}${over.join('')}; repaired: ${back} after ${formatDuration(repair.after)}`
}

/** The way that broke, and why; a cause with a line in a file has lines of its own. */
function groupLines(found: SweepCase, { worst }: Group, style: Style): string[] {
  const { cause, forGood, outage } = worst
  const way = worst.path.length === 0 ? '' : printable(wayText(worst))
  if (cause?.place === undefined) {
    const measured = forGood || cause?.bound === undefined ? '' : ` (here ${formatDuration(outage)})`
    return [
      [style.faint(way), ...(cause === undefined ? [] : [`${printable(cause.message)}${measured}`])]
        .filter((each) => each !== '')
        .join(' · '),
    ]
  }
  const cure = `${style.strong(placeText(cause.place))}  ${cause.place.path}: ${printable(cureText(found, cause))}`
  return [style.faint(way), printable(cause.message), cure].filter((each) => each !== '')
}

/** So many are named. */
const NAMED = 6

function shortList(cases: readonly SweepCase[]): string {
  const named = cases.slice(0, NAMED).map(({ name }) => printable(name))
  return `${named.join(', ')}${cases.length > NAMED ? ` and ${cases.length - NAMED} more` : ''}`
}
