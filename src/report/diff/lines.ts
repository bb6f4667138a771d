/** A comparison for people: a section for each kind of thing, `-` for gone, `+` for new, `~` for changed. Pure. */
import { PLAIN, printable, type Style } from '../text.ts'
import { type Change, type Diff, differs, type Facts, SECTIONS, type Section } from './compare.ts'

const TITLES: Record<Section, string> = {
  sessions: 'sessions',
  routes: 'BGP routes',
  fib: 'FIB',
  floatingIps: 'floating IPs',
  traffic: 'traffic',
}
const MARKS = { gone: '-', new: '+', changed: '~' } as const

/** `a` and `b` say where the two sides come from. */
export function diffLines(a: string, b: string, diff: Diff, style: Style = PLAIN): string[] {
  const lines = [`A  ${a}`, `B  ${b}`]
  for (const section of SECTIONS) {
    const { changes, same } = diff[section]
    if (changes.length === 0 && same === 0) continue
    lines.push('', `${style.strong(TITLES[section].padEnd(13))} ${summary(changes, same)}`)
    for (const group of alike(changes)) lines.push(...changeLines(group, style))
  }
  if (!differs(diff)) lines.push('', style.good('no difference'))
  return lines
}

function summary(changes: readonly Change[], same: number): string {
  const count = (kind: Change['change']) => changes.filter(({ change }) => change === kind).length
  const parts = (['gone', 'new', 'changed'] as const).filter((kind) => count(kind) > 0).map((kind) => `${count(kind)} ${kind}`)
  return [...parts, `${same} the same`].join(', ')
}

/** What happens to many prefixes alike is told once for each device. */
function alike(changes: readonly Change[]): Change[][] {
  return [...Map.groupBy(changes, (change) => JSON.stringify({ ...change, what: undefined })).values()]
}

/** So many are named; the rest are counted. */
const NAMED = 4

function changeLines(group: readonly Change[], style: Style): string[] {
  const { change, device, before, after } = group[0]!
  const paint = { gone: style.bad, new: style.good, changed: style.strong }[change]
  const names = group.slice(0, NAMED).map(({ what }) => printable(what))
  const more = group.length > NAMED ? ` and ${group.length - NAMED} more` : ''
  const head = `  ${paint(MARKS[change])} ${device === undefined ? '' : `${printable(device)}  `}${names.join(', ')}${more}`
  const facts = before === undefined || after === undefined ? one(before ?? after ?? {}) : both(before, after, style)
  if (facts.length <= 1) return [`${head}  ${facts[0] ?? ''}`.trimEnd()]
  return [head, ...facts.map((fact) => `      ${fact}`)]
}

/** Of what is on one side only. */
function one(facts: Facts): string[] {
  const told = Object.entries(facts).filter(([, value]) => value.length > 0)
  return [told.map(([name, value]) => `${name} ${typeof value === 'string' ? value : value.join(', ')}`).join(' · ')].map(printable)
}

/** The facts that are told on both sides and differ (a session that is down has negotiated nothing); of lists what went and what came. */
function both(before: Facts, after: Facts, style: Style): string[] {
  return Object.entries(before).flatMap(([name, from]) => {
    const to = after[name]
    if (to === undefined || JSON.stringify(from) === JSON.stringify(to)) return []
    if (typeof from === 'string' && typeof to === 'string') return [printable(`${name} ${from} → ${to}`)]
    const [had, has] = [listOf(from), listOf(to)]
    const gone = had.filter((each) => !has.includes(each)).map((each) => style.bad(`−${printable(each)}`))
    const come = has.filter((each) => !had.includes(each)).map((each) => style.good(`+${printable(each)}`))
    const kept = had.filter((each) => has.includes(each)).map(printable)
    return [`${name} ${[...gone, ...come, ...kept].join(', ')}`]
  })
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
