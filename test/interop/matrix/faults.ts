/** Each fault of the matrix: what is done, and what both ends must come to. In the order in which they are walked. */
import type { Ours } from './ours.ts'
import { pause } from './process.ts'
import { AGAIN, announced, apart, heard, holdsAll, holdsNothing, type Side, SOON, shared, together } from './sides.ts'
import { CELLS, type Cell, type Fault, HOLD_SECONDS, HOPS, SHARED } from './terms.ts'
import type { Theirs } from './theirs.ts'

export interface Came {
  readonly lostMs?: number
  readonly backMs?: number
  readonly nudged?: true
  readonly note?: string
  readonly impossible?: true
}

export interface Step {
  readonly fault: Fault
  /** To all sessions at the same time. */
  readonly all?: (ours: Ours, theirs: Theirs) => Promise<unknown>
  /** Then each, at the same time too. */
  readonly each: (side: Side) => Promise<Came>
  /** When each has come to the one half: what ends the fault for all. */
  readonly end?: (ours: Ours, theirs: Theirs) => Promise<unknown>
  /** Then each. */
  readonly after?: (side: Side) => Promise<Came>
}

/** For the other operator. */
const OUR_WORDS = 'node-04 goes down for a new kernel'
const THEIR_WORDS = 'line card swap'
/** A hold timer, a keepalive that was on its way, and two busy cores. */
const HOLD = HOLD_SECONDS + 4

const established: Step = {
  fault: 'established',
  all: (ours) => Promise.all(CELLS.map((cell, i) => ours.announce(i, announced(cell)))),
  async each(side) {
    const { cell, session } = side
    await together(side)
    const backMs = side.elapsed()
    const { addPath, holdTimeSeconds } = session.negotiated ?? {}
    if (addPath?.send !== cell.addPath || addPath.receive !== cell.addPath || holdTimeSeconds !== HOLD_SECONDS)
      throw new Error(`negotiated: ${JSON.stringify(session.negotiated)}`)
    await holdsAll(side, SOON, cell.addPath ? HOPS.map((hop, i) => `${hop} ${i + 1}`) : [`${HOPS[0]} -`])
    // One path of each of the others with ADD-PATH, the best one without.
    const paths = cell.addPath ? CELLS.length - 1 : 1
    await side.ours.told(side.index, `${paths} paths of ${SHARED}`, (now) => shared(now).length === paths, AGAIN)
    const { loops } = side.session
    return {
      backMs,
      ...(cell.vips.every((vip) => loops.includes(vip)) ? { note: 'it sends our own routes back: loops, and not used' } : {}),
    }
  },
}

const weWithdraw: Step = {
  fault: 'withdraw-ours',
  async each(side) {
    const { cell, ours, index } = side
    const [first, second] = cell.vips
    const left = cell.addPath ? [HOPS[0], HOPS[2]] : []
    await ours.announce(index, { ...announced(cell), [first]: left })
    await holdsAll(side, SOON, cell.addPath ? [`${HOPS[0]} 1`, `${HOPS[2]} 3`] : [])
    return { lostMs: side.elapsed(), note: cell.addPath ? 'the two others keep their identifiers' : `${second} stays` }
  },
}

/** The daemon withdraws what one of us has withdrawn from it; who that was is told by another. */
const theyWithdraw: Step = {
  fault: 'withdraw-theirs',
  async each(side) {
    const { cell, ours, index } = side
    const first = index === 0
    // One after the other, so that never two paths go at once.
    if (first) return withdrawnBy(side, 0, [1, 2, 3, 4, 5]).then(() => withdrawnBy(side, 1, [0]))
    const before = shared(side.session)
    const lone = CELLS[0]!.vips[2]
    await ours.told(index, `${lone} is gone`, ({ routes }) => !(lone in routes), SOON)
    if (cell.addPath) await ours.told(index, 'one path less', (now) => lessOne(before, shared(now)), SOON)
    return { lostMs: side.elapsed(), note: theirNote(cell) }
  },
}

function theirNote({ addPath }: Cell): string {
  return addPath ? 'the others of its paths keep their identifiers' : 'the prefix had one'
}

const lessOne = (before: readonly string[], now: readonly string[]) =>
  now.length === before.length - 1 && now.every((path) => before.includes(path))

/** Session `who` withdraws a prefix of its own and its path of the shared one; waits until the others have heard. */
async function withdrawnBy({ ours, theirs, cell, elapsed }: Side, who: number, others: readonly number[]): Promise<Came> {
  const from = CELLS[who]!
  const kept = ours.announced(who)
  const [, , lone] = from.vips
  const before = others.map((other) => shared(ours.sessions[other]!))
  await ours.announce(who, Object.fromEntries(Object.entries(kept).filter(([prefix]) => prefix !== lone && prefix !== SHARED)))
  await Promise.all(
    others.map(async (other, i) => {
      await ours.told(other, `${lone} is gone`, ({ routes }) => !(lone in routes), SOON)
      if (CELLS[other]!.addPath) await ours.told(other, 'one path less', (now) => lessOne(before[i]!, shared(now)), SOON)
    }),
  )
  const lostMs = elapsed()
  await ours.announce(who, kept)
  await theirs.holds(from, 'it has them again', (table) => table.has(lone) && table.has(SHARED), SOON)
  return { lostMs, note: theirNote(cell) }
}

const weAsk: Step = {
  fault: 'refresh-ours',
  async each(side) {
    const from = side.session.events.length
    if ((await side.ours.order(side.index, { op: 'refresh' })) !== true) throw new Error('the peer does not offer route refresh')
    const again = () => side.session.events.slice(from).some(({ type }) => type === 'update-received')
    const refused = await side.ours.told(side.index, 'everything again', again, SOON).then(
      () => undefined,
      async (error: Error) => (await side.theirs.refusesRefresh(side.cell)) ?? Promise.reject(error),
    )
    if (refused !== undefined)
      return { impossible: true, note: `it logs “${refused}” and sends nothing, although it offered route refresh` }
    return { backMs: side.elapsed() }
  },
}

const theyAsk: Step = {
  fault: 'refresh-theirs',
  async each(side) {
    const from = side.session.events.length
    const asks = await side.theirs.refresh(side.cell)
    const seen = (what: string) => side.session.events.slice(from).some(({ type, direction }) => type === what && direction !== 'sent')
    if (asks === 'never') {
      await pause(2_000)
      if (seen('route-refresh')) throw new Error('it asked after all')
      return { impossible: true, note: 'its soft reset keeps what it was told and looks at that again: no ROUTE-REFRESH came' }
    }
    await side.ours.told(side.index, 'a request, and our answer', () => seen('route-refresh') && seen('update-sent'), SOON)
    await holdsAll(side, SOON)
    return { backMs: side.elapsed() }
  },
}

/** Down by what `act` does, then up again by itself. */
async function downAndUp(side: Side, act: () => Promise<unknown>, notification: RegExp, byItself = false): Promise<Came> {
  const from = side.session.events.length
  const count = side.session.established
  await act()
  // Between two readings of a slow daemon it may be up again, which says as much.
  const again = () => side.session.established > count
  await Promise.all([apart(side, SOON), holdsNothing(side, SOON, again)])
  const lostMs = side.elapsed()
  const note = heard(side, from, notification)
  const how = await together(side, count + 1, byItself)
  return { lostMs, backMs: side.elapsed(), note, ...how }
}

const weReset: Step = {
  fault: 'reset-ours',
  each: (side) => downAndUp(side, () => side.ours.order(side.index, { op: 'reset', message: OUR_WORDS }), /^sent 6\/4/, true),
}

const theyReset: Step = {
  fault: 'reset-theirs',
  each: (side) => downAndUp(side, () => side.theirs.reset(side.cell), /^received 6\/\d/),
}

const weShutDown: Step = {
  fault: 'shutdown-ours',
  async each(side) {
    await side.ours.order(side.index, { op: 'stop', message: OUR_WORDS })
    await holdsNothing(side, SOON)
    const lostMs = side.elapsed()
    const there = await side.theirs.heard(side.cell)
    if (!there.includes(OUR_WORDS)) throw new Error(`the words did not arrive: ${there}`)
    await side.ours.order(side.index, { op: 'start' })
    const how = await together(side)
    return { lostMs, backMs: side.elapsed(), note: 'it shows our words', ...how }
  },
}

const theyShutDown: Step = {
  fault: 'shutdown-theirs',
  async each(side) {
    const from = side.session.events.length
    const count = side.session.established
    await side.theirs.shutdown(side.cell, THEIR_WORDS)
    await Promise.all([apart(side, SOON), holdsNothing(side, SOON)])
    const lostMs = side.elapsed()
    const note = heard(side, from, new RegExp(`^received 6/2 ${THEIR_WORDS}$`))
    if (!side.session.events.slice(from).some(({ reason }) => reason?.includes(`was shut down by its operator: “${THEIR_WORDS}”`)))
      throw new Error('our reason does not say so')
    await side.theirs.enable(side.cell)
    const how = await together(side, count + 1)
    return { lostMs, backMs: side.elapsed(), note, ...how }
  },
}

/** Our process is stopped: its kernel goes on saying yes to every segment, and nothing else comes. */
const weAreSilent: Step = {
  fault: 'hold-ours',
  async all(ours) {
    ours.signal('SIGSTOP')
  },
  async each(side) {
    await holdsNothing(side, HOLD)
    return { lostMs: side.elapsed() }
  },
  async end(ours) {
    ours.signal('SIGCONT')
  },
  async after(side) {
    const how = await together(side, side.count + 1)
    return { backMs: side.elapsed(), note: heard(side, side.from, /^received 4\/0/), ...how }
  },
}

const theyAreSilent: Step = {
  fault: 'hold-theirs',
  async all(_, theirs) {
    theirs.signal('SIGSTOP')
  },
  async each(side) {
    await apart(side, HOLD)
    const note = heard(side, side.from, /^sent 4\/0/)
    return { lostMs: side.elapsed(), note }
  },
  async end(_, theirs) {
    theirs.signal('SIGCONT')
  },
  async after(side) {
    const how = await together(side, side.count + 1)
    return { backMs: side.elapsed(), ...how }
  },
}

const weAreKilled: Step = {
  fault: 'kill-ours',
  all: (ours) => ours.kill(),
  async each(side) {
    await holdsNothing(side, SOON)
    return { lostMs: side.elapsed() }
  },
  end: (ours) => ours.start(),
  async after(side) {
    const how = await together(side)
    return { backMs: side.elapsed(), ...how }
  },
}

const theyAreKilled: Step = {
  fault: 'kill-theirs',
  all: (_, theirs) => theirs.kill(),
  async each(side) {
    await apart(side, SOON)
    const lostMs = side.elapsed()
    const { cell, ours, index } = side
    if (cell.mode === 'they connect') return { lostMs }
    // Nobody listens there any more, and that is what we say.
    await ours.told(index, 'refused', ({ events }) => events.at(-1)?.reason?.includes('refuses connections') ?? false, SOON)
    return { lostMs, note: 'while it is away: connection refused' }
  },
  end: (_, theirs) => theirs.start(),
  async after(side) {
    const how = await together(side, side.count + 1)
    return { backMs: side.elapsed(), ...how }
  },
}

export const STEPS: readonly Step[] = [
  established,
  weWithdraw,
  theyWithdraw,
  weAsk,
  theyAsk,
  weReset,
  theyReset,
  weShutDown,
  theyShutDown,
  weAreSilent,
  theyAreSilent,
  weAreKilled,
  theyAreKilled,
]
