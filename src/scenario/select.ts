/** Which runs a command asks for: scenarios by name, their variants and controls, the router sets, the repetitions. Pure. */
import type { RouterKind } from '../topology/plan.ts'
import { mergeTopology } from './controls.ts'
import type { Control, Scenario, TopologyOptions, Variant } from './definition.ts'

/** A scenario as found: `name` is its file's, with a suffix where the file has several. */
export interface Found {
  readonly name: string
  readonly file: string
  readonly scenario: Scenario
}

export interface RouterSet {
  readonly name: string
  /** The kind of each router, given the names of the ToRs in the topology's order. */
  kinds(tors: readonly string[]): Readonly<Record<string, RouterKind>>
}

const same = (kind: RouterKind): RouterSet => ({ name: kind, kinds: (tors) => Object.fromEntries(tors.map((tor) => [tor, kind])) })

/** One of each: FRR, GoBGP, FRR… in the topology's order. */
const MIXED: RouterSet = {
  name: 'mixed',
  kinds: (tors) => Object.fromEntries(tors.map((tor, index) => [tor, index % 2 === 0 ? 'frr' : 'gobgp'])),
}

export const ROUTER_SETS: readonly RouterSet[] = [same('frr'), same('gobgp'), MIXED]

/** `all`, `frr`, `gobgp`, `mixed`, or `tor1=frr,tor2=gobgp`; what is wrong with anything else. */
export function parseRouters(text: string): { readonly sets: readonly RouterSet[] } | { readonly error: string } {
  if (text === 'all') return { sets: ROUTER_SETS }
  const named = ROUTER_SETS.find((set) => set.name === text)
  if (named !== undefined) return { sets: [named] }
  const kinds: Record<string, RouterKind> = {}
  for (const part of text.split(',')) {
    const match = /^([^=]+)=(frr|gobgp)$/.exec(part.trim())
    if (match === null) return { error: `--routers ${text}: write frr, gobgp, mixed, all, or NAME=frr|gobgp with commas between` }
    kinds[match[1]!] = match[2] as RouterKind
  }
  return { sets: [{ name: text, kinds: () => kinds }] }
}

export interface Selection {
  readonly names: readonly string[]
  /** Part of a name or title, or a regular expression. */
  readonly grep?: string
  readonly controls: boolean
  readonly routers: readonly RouterSet[]
  readonly repeat: number
  /** Also the variants that otherwise run only when they are asked for by their whole name. */
  readonly slow?: boolean
}

/** One run to do. */
export interface Job {
  readonly found: Found
  readonly variant?: Variant
  /** `node-failure/worker` */
  readonly name: string
  readonly title: string
  readonly control?: Control
  readonly routers: RouterSet
  readonly repetition: number
  readonly topology: TopologyOptions
}

export function selectJobs(found: readonly Found[], selection: Selection): Job[] {
  const jobs: Job[] = []
  for (const routers of selection.routers)
    for (const each of found)
      for (const variant of each.scenario.variants ?? [undefined]) {
        const name = variant === undefined ? each.name : `${each.name}/${variant.name}`
        const title = variant === undefined ? each.scenario.title : `${each.scenario.title}: ${variant.title}`
        if (!wanted(selection, each.name, name, title)) continue
        if (variant?.slow === true && selection.slow !== true && !selection.names.includes(name)) continue
        for (const control of selection.controls ? controlsOf(each.scenario, variant) : [undefined])
          for (let repetition = 1; repetition <= selection.repeat; repetition++)
            jobs.push({
              found: each,
              name,
              title,
              routers,
              repetition,
              topology: mergeTopology(each.scenario.options, variant?.topology, control?.topology),
              ...(variant && { variant }),
              ...(control && { control }),
            })
      }
  return jobs
}

function controlsOf(scenario: Scenario, variant: Variant | undefined): readonly Control[] {
  return (scenario.controls ?? []).filter(
    (control) => control.variants === undefined || (variant !== undefined && control.variants.includes(variant.name)),
  )
}

function wanted({ names, grep }: Selection, base: string, name: string, title: string): boolean {
  if (names.length > 0 && !names.some((each) => each === name || each === base || name.startsWith(`${each}/`))) return false
  return grep === undefined || pattern(grep).test(`${name} ${title}`)
}

function pattern(grep: string): RegExp {
  try {
    return new RegExp(grep, 'i')
  } catch {
    return new RegExp(grep.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i')
  }
}

/** A job that does nothing: to work out one topology's plan as a scenario's would be. */
export function topologyJob(topology: string, routers: RouterSet = { name: 'as-is', kinds: () => ({}) }): Job {
  const scenario: Scenario = { title: topology, topology, body: async () => {}, place: undefined }
  return { found: { name: topology, file: '', scenario }, name: topology, title: topology, routers, repetition: 1, topology: {} }
}
