/** docs/fidelity.md, from the reports of runs on both engines: what was compared, how, where it agreed, what may differ, and what is not modelled. Pure. */
import { ALLOWANCES, BEHAVIOURS, type Behaviour, TEXTS } from './behaviours.ts'
import { agrees, type ComparedRun, type FidelityReport } from './report.ts'

/** `notModelled`: what docs/simulator.md says under that heading. A scenario that ran often counts as it did last. */
export function fidelityPage(reports: readonly FidelityReport[], notModelled: string): string {
  const latest = new Map<string, ComparedRun>()
  for (const { runs } of [...reports].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)))
    for (const run of runs) latest.set(`${run.name} ${run.routerSet}`, run)
  const runs = [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const earlier = reports.flatMap((report) => report.runs).filter((run) => !runs.includes(run) && !agrees(run))
  const notRun = [...new Set(reports.flatMap((report) => report.notRun))]
  return `# True to the routers

Made by \`npm run docs:fidelity\` from what \`npm run scenario -- --engine both\` left in \`out/\`: do not edit.

\`--engine both\` runs each scenario on real routers and in the simulator, and compares the two event logs. A difference is told in words (what, where, when, on
which engine) and fails the run. ${runs.filter(agrees).length} of ${runs.length} runs agree (${versionsOf(runs).join(', ')}).

## What is compared

${tableOf(
  ['', 'compared', 'tolerance', 'the same', 'a moment later', 'different'],
  BEHAVIOURS.map((behaviour) => [
    `**${TEXTS[behaviour].title}**`,
    TEXTS[behaviour].how,
    TEXTS[behaviour].tolerance,
    ...countsOf(runs, behaviour),
  ]),
)}

The numbers are of things (a session, a prefix on a router, an assertion…) at a moment or between two faults, over all runs below. *A moment later*: different there, and
within what may differ.

## Where it was compared

${runTable(runs)}

A number is of things compared, all of them the same; ✗ of things that differ. A scenario that ran more than once counts as it did last.${superseded(earlier)}
${notRun.map((line) => `\n- ${line}`).join('')}

## What may differ by right

${ALLOWANCES.map(({ behaviours, what, why, seen }) => {
  const pointer = seen === undefined ? '' : ` ([routers.md](routers.md), ${seen})`
  return `- **${what}** (${behaviours.map((each) => TEXTS[each].title).join(', ')}): ${why}${pointer}.`
}).join('\n')}

## What is not modelled

${notModelled.trim()}
`
}

/** What the newest runs would hide. */
function superseded(runs: readonly ComparedRun[]): string {
  if (runs.length === 0) return ''
  const failed = runs.filter(({ verdicts }) => verdicts.a !== 'passed').length
  const names = [...new Set(runs.map(({ name, routerSet }) => `${name} (${routerSet})`))].sort().join(', ')
  return ` Earlier runs that did not agree, and do not count any more: ${runs.length}, of which ${failed} did not pass on real routers: ${names}.`
}

function countsOf(runs: readonly ComparedRun[], behaviour: Behaviour): string[] {
  const sum = (count: (run: ComparedRun) => number) => String(runs.reduce((total, run) => total + count(run), 0))
  return [
    sum(({ compared }) => compared[behaviour]?.same ?? 0),
    sum(({ compared }) => compared[behaviour]?.underWay ?? 0),
    sum(({ differences }) => differences.filter((each) => each.behaviour === behaviour).length),
  ]
}

function runTable(runs: readonly ComparedRun[]): string {
  const sets = [...new Set(runs.map((run) => run.routerSet))].sort()
  const names = [...new Set(runs.map((run) => run.name))]
  const cell = (name: string, set: string) => {
    const run = runs.find((each) => each.name === name && each.routerSet === set)
    if (run === undefined) return '–'
    if (run.verdicts.a !== 'passed' || run.verdicts.b !== 'passed') return '✗ did not pass'
    return agrees(run) ? String(thingsIn(run)) : `✗ ${run.differences.length}`
  }
  return tableOf(
    ['scenario', ...sets],
    names.map((name) => [name, ...sets.map((set) => cell(name, set))]),
  )
}

function thingsIn({ compared }: ComparedRun): number {
  return Object.values(compared).reduce((sum, { same, underWay }) => sum + same + underWay, 0)
}

function versionsOf(runs: readonly ComparedRun[]): string[] {
  return [...new Set(runs.flatMap(({ routers }) => Object.values(routers)))].sort()
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
