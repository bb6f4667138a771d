/** What is asked of both ends of one session, whatever was done to it. */
import type { OurSession, Ours } from './ours.ts'
import { type Cell, HOPS, SHARED, THEIRS } from './terms.ts'
import type { Theirs } from './theirs.ts'

/** One session of the matrix during one fault. */
export interface Side {
  readonly index: number
  readonly cell: Cell
  readonly ours: Ours
  readonly theirs: Theirs
  /** As it is now. */
  readonly session: OurSession
  /** How many events it had told, and how often it had been Established, when the fault began. */
  readonly from: number
  readonly count: number
  /** Milliseconds since the fault began, or since it ended. */
  readonly elapsed: () => number
}

export const SOON = 5
/** What a daemon may take to try again by itself: GoBGP refuses everyone for 30 s after a reset, whatever its timers say. */
export const AGAIN = 50

/** What we announce on one session. */
export function announced({ vips: [first, second, third], sharedHop }: Cell): Record<string, readonly string[]> {
  return { [first]: HOPS, [second]: HOPS, [third]: [HOPS[0]], [SHARED]: [sharedHop] }
}

/** The daemon's paths of what all announce. */
export function shared({ routes }: OurSession): readonly string[] {
  return routes[SHARED] ?? []
}

/** The daemon holds what we announce and nothing else of ours; of the first VIP with these identifiers, where it shows them. */
export function holdsAll({ theirs, cell, ours, index }: Side, seconds: number, ids?: readonly string[]): Promise<void> {
  const wanted = Object.entries(ours.announced(index))
    .map(([prefix, hops]) => ({ prefix, hops: (cell.addPath ? [...hops] : hops.slice(0, 1)).sort().join() }))
    .filter(({ hops }) => hops !== '')
  return theirs.holds(
    cell,
    'it holds our routes',
    (table) =>
      table.size === wanted.length &&
      wanted.every(({ prefix, hops }) => (table.get(prefix) ?? []).map((path) => path.split(' ')[0]).join() === hops) &&
      (ids === undefined || (table.get(cell.vips[0]) ?? []).every((path, i) => path.endsWith('?') || path === ids[i])),
    seconds,
  )
}

export function holdsNothing({ theirs, cell }: Side, seconds: number, orElse = () => false): Promise<void> {
  return theirs.holds(cell, 'it has lost our routes', (table) => table.size === 0 || orElse(), seconds)
}

/** Down, with all that was theirs gone. */
export function apart({ ours, index }: Side, seconds: number): Promise<void> {
  return ours.told(index, 'down', ({ state, routes }) => state !== 'Established' && Object.keys(routes).length === 0, seconds)
}

/**
 * Established for the `count`th time at least, our routes there, theirs here. A daemon that waits long before it tries again is told to,
 * unless `byItself` is to be seen.
 */
export async function together(side: Side, count = 1, byItself = false): Promise<{ readonly nudged?: true }> {
  const { ours, index, theirs, cell } = side
  const isUp = ({ state, established }: OurSession) => state === 'Established' && established >= count
  const up = (seconds: number) => ours.told(index, 'Established', isUp, seconds)
  const tell = theirs.waitsLong && !byItself
  const nudged = await up(tell ? SOON : AGAIN).then(
    () => ({}),
    async (error: Error) => {
      if (!tell) throw error
      await theirs.nudge(cell)
      await up(AGAIN)
      return { nudged: true as const }
    },
  )
  await ours.told(index, 'their route', ({ routes }) => THEIRS in routes, SOON)
  await holdsAll(side, SOON)
  return nudged
}

/** The NOTIFICATION since event `from` that reads so; throws where none does, with those that came. */
export function heard({ session }: Side, from: number, wanted: RegExp): string {
  const said = session.events.slice(from).flatMap((event) => (event.notification === undefined ? [] : [event.notification]))
  const found = said.find((one) => wanted.test(one))
  if (found === undefined) throw new Error(`no NOTIFICATION ${wanted}; there came: ${said.join(', ') || 'none'}`)
  return found
}
