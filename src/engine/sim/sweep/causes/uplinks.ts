/** Links and routers that would lead on from a router that has lost its way. Pure. */
import type { CausePlace } from '../../../../model/index.ts'
import type { Plan, RouterPlan } from '../../../../topology/plan.ts'
import type { Files } from './files.ts'
import { neighborsOf, Standing } from './standing.ts'
import { type Link, type NewRouter, Ways } from './ways.ts'

export interface Cure {
  readonly cure: string
  readonly place: CausePlace | undefined
}

export interface Cut {
  readonly plan: Plan
  readonly files: Files
  readonly standing: Standing
}

/** Another router with one more link, or two; else one more router beside the one that all went over. */
export function uplinkFor(cut: Cut, router: string): Cure {
  const near = routersNear(cut.plan, router)
  const toBoth = (other: string) =>
    near
      .filter((each) => !routersNear(cut.plan, other).includes(each))
      .map((each): readonly Link[] => [
        [other, each],
        [other, router],
      ])
  const lost = waysLost(cut, router)
  const living = lost.filter((name) => cut.standing.alive(name))
  const links = [...[router, ...living].flatMap((each) => linksTo(cut, each)), ...others(cut, router).flatMap(toBoth)]
  return linked(cut, links) ?? beside(cut, living[0] ?? lost[0]) ?? NOTHING
}

/** A link by which a router would be told again of what it has lost. */
export function linkFor(cut: Cut, router: string): Cure {
  return linked(cut, linksTo(cut, router)) ?? beside(cut, router) ?? NOTHING
}

function linksTo(cut: Cut, router: string): (readonly Link[])[] {
  return others(cut, router).map((other) => [[other, router]])
}

/** Living routers that it has no cable to. */
function others({ plan, standing }: Cut, router: string): string[] {
  const near = routersNear(plan, router)
  return plan.routers.map(({ name }) => name).filter((name) => name !== router && standing.alive(name) && !near.includes(name))
}

/** All of one router's. */
function linked({ plan, files, standing }: Cut, candidates: readonly (readonly Link[])[]): Cure | undefined {
  const links = candidates.find((each) => mends(plan, new Ways(plan, standing, { links: each })))
  if (links === undefined) return undefined
  const written = (name: string) => files.topology('routers', name, 'connects')
  // A link stands in the file at one of its ends: where there are others already, if at either.
  const [one = '', other = ''] = links[0] ?? []
  const turned = links.length === 1 && !written(one)?.path.endsWith('connects') && written(other)?.path.endsWith('connects')
  const [from, to] = turned ? [other, [one]] : [one, links.map(([, name]) => name)]
  return { cure: `${to.length === 1 ? 'a link' : 'links'} from ${from} to ${to.join(' and ')}`, place: written(from) }
}

/** A second router with the same links, and one to the first, so that either knows what the other has lost. */
function beside({ plan, files, standing }: Cut, first: string | undefined): Cure | undefined {
  const router = plan.routers.find(({ name }) => name === first)
  if (router === undefined) return undefined
  const second: NewRouter = { name: freeName(plan, router.name), asn: freeAsn(plan, router.asn) }
  const connects = [router.name, ...routersNear(plan, router.name)]
  const links = connects.map((name): Link => [second.name, name])
  if (!mends(plan, new Ways(plan, standing, { links, router: second }))) return undefined
  const line = `${second.name}: { kind: ${router.kind}, asn: ${second.asn}, connects: [${connects.join(', ')}] }`
  return { cure: `a second router beside it (${line})`, place: files.topology('routers', router.name) }
}

/** Nobody leads astray, and nobody is cut off who is not when nothing has failed. */
function mends(plan: Plan, ways: Ways): boolean {
  const usual = new Ways(plan, new Standing(plan, [])).dead
  return ways.misleading === undefined && ways.dead.every((name) => usual.includes(name))
}

const NOTHING: Cure = { cure: 'no single link or router', place: undefined }

/** Routers that it had a link to and has no more. */
export function waysLost({ plan, standing }: Pick<Cut, 'plan' | 'standing'>, router: string): string[] {
  return routersNear(plan, router).filter((name) => !standing.neighbors(router).includes(name))
}

function routersNear(plan: Plan, device: string): string[] {
  return neighborsOf(plan, device).filter((name) => plan.routers.some((each) => each.name === name))
}

function freeName({ routers, nodes, clients, segments, admin }: Plan, name: string): string {
  const taken = new Set([admin, ...routers, ...nodes, ...clients, ...segments].map((each) => each.name))
  const stem = name.replace(/\d+$/, '')
  for (let number = 2; ; number++) if (!taken.has(`${stem}${number}`)) return `${stem}${number}`
}

function freeAsn({ routers }: Plan, asn: number): number {
  const taken = new Set(routers.flatMap((each: RouterPlan) => [each.asn, ...each.neighbors.map((neighbor) => neighbor.asn)]))
  for (let free = asn + 1; ; free++) if (!taken.has(free)) return free
}
