/** A sweep's findings in words, for the terminal and for the page. Pure. */
import { type BrokenPath, type Cause, type CausePlace, formatDuration, LEAST_OUTAGE, SECOND, type SweepCase } from '../../model/index.ts'

/** `none longer than 200 ms`: what is shorter is chance, and not told. */
export const NO_LOSS = `none longer than ${formatDuration(LEAST_OUTAGE)}`

/** `lost for good`, `up to 90 s`, `286 ms`, `not clean`, `none longer than 200 ms`. */
export function severity(found: SweepCase): string {
  if (found.skipped !== undefined) return 'not tried'
  if (found.survival === 'lost') return 'lost for good'
  if (found.survival === 'none') return found.repair.state === 'unclean' ? 'not clean' : NO_LOSS
  const longest = (paths: readonly BrokenPath[]) => Math.max(0, ...paths.map(({ cause, outage }) => cause?.bound ?? outage))
  const bound = longest(found.broken.filter(({ cause }) => cause?.bound !== undefined))
  const measured = longest(found.broken.filter(({ cause }) => cause?.bound === undefined))
  return bound >= measured ? `up to ${bound / SECOND} s` : formatDuration(measured)
}

/** Broken paths of one cause and one cure, the worst of them first. */
export interface Group {
  readonly worst: BrokenPath
  readonly paths: readonly BrokenPath[]
}

export function groupsOf(found: SweepCase): Group[] {
  const groups = Map.groupBy(found.broken, (path) =>
    JSON.stringify([path.forGood, path.cause?.code, path.cause?.message, path.cause?.cure, path.cause?.place]),
  )
  const bound = ({ worst: { cause, outage } }: Group) => cause?.bound ?? outage
  return [...groups.values()]
    .map((paths): Group => ({ worst: paths[0]!, paths }))
    .sort(
      (a, b) =>
        Number(b.worst.forGood) - Number(a.worst.forGood) || (a.worst.forGood ? b.paths.length - a.paths.length : bound(b) - bound(a)),
    )
}

/** `10.0.0.1 from client`, `4 VIPs from client`, `10.0.0.8 from client and 5 more`. */
export function pathsText(paths: readonly BrokenPath[]): string {
  const vips = [...new Set(paths.map(({ vip, service }) => `${vip} (${service})`))]
  const sources = [...new Set(paths.map(({ from }) => from))]
  const from = sources.length <= 2 ? sources.join(' and ') : `${sources[0]} and ${sources.length - 1} others`
  return `${vips.length === 1 ? vips[0] : `${vips.length} VIPs`} from ${from}`
}

/** `3 of 4 flows`, of all the paths together. */
export function shareText(paths: readonly BrokenPath[]): string {
  const sum = (of: (path: BrokenPath) => number) => paths.reduce((total, path) => total + of(path), 0)
  return `${Math.round((100 * sum(({ lost }) => lost)) / sum(({ flows }) => flows))} % of flows`
}

/** `client → core → tor1 ✗ node-04 → node-07`: the mark stands before what failed, or in the link that did. */
export function wayText({ path, brokenAt }: BrokenPath): string {
  return path
    .map((name, index) => `${index === 0 ? '' : index === brokenAt ? ' ✗ ' : ' → '}${index === 0 && brokenAt === 0 ? '✗ ' : ''}${name}`)
    .join('')
}

/** What one line saves where one thing failed; of several, each may have needed one. */
export function cureText({ failures }: SweepCase, { cure }: Cause): string {
  return `${cure} would ${failures.length > 1 ? 'help' : 'save it'}`
}

export function placeText({ file, line, column }: CausePlace): string {
  return `${file}:${line}:${column}`
}
