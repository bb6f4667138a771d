import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { TIMER_PROFILES } from '../../../src/model/index.ts'
import { ALLOWANCES, BEHAVIOURS, type ComparedRun, type FidelityReport, fidelityPage, TEXTS } from '../../../src/report/fidelity/index.ts'

const RUN: ComparedRun = {
  name: 'node-failure/lb-node',
  title: 'a node fails',
  topology: 'shared-peers',
  routerSet: 'frr',
  routers: { tor1: 'FRR 8.4.4' },
  verdicts: { a: 'passed', b: 'passed' },
  differences: [],
  compared: { fib: { same: 40, underWay: 2 }, sessions: { same: 7, underWay: 0 } },
}
const DIFFERENT: ComparedRun = {
  ...RUN,
  differences: [{ behaviour: 'fib', where: 'tor1', what: '10.0.0.1/32', when: 'the end', a: 'nothing', b: 'next hops 10.0.1.20' }],
}
const report = (startedAt: string, ...runs: ComparedRun[]): FidelityReport => ({
  peerlab: '0.1.0',
  startedAt,
  timers: TIMER_PROFILES.fast,
  runs,
  notRun: ['manual-verification not run: it needs a real shell'],
})

test('the page has every behaviour with its counts, where it agreed and where not, and what may differ', () => {
  const gobgp = { ...DIFFERENT, routerSet: 'gobgp' }
  const page = fidelityPage([report('2026-01-01T00:00:00Z', RUN, gobgp)], '- a shell')
  expect(page).toContain('1 of 2 runs agree (FRR 8.4.4)')
  expect(page).toContain('| node-failure/lb-node | 49 | ✗ 1 |')
  expect(page).toMatch(/\| \*\*Kernel routes\*\* \|.*\| 80 \| 4 \| 1 \|/)
  expect(page).toContain('- manual-verification not run: it needs a real shell')
  expect(page).toContain('## What is not modelled\n\n- a shell\n')
})

test('a run counts as it was last, and what it was before is told', () => {
  const old = report('2026-01-01T00:00:00Z', DIFFERENT)
  const now = report('2026-01-02T00:00:00Z', RUN)
  for (const reports of [
    [old, now],
    [now, old],
  ])
    expect(fidelityPage(reports, '')).toMatch(
      /1 of 1 runs agree[\s\S]*not count any more: 1, of which 0 did not pass on real routers: node-failure\/lb-node \(frr\)\./,
    )
  expect(fidelityPage([now], '')).not.toContain('Earlier runs')
})

const docs = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

test('docs/fidelity.md says what is compared today, every run in it agrees, and docs/routers.md has what it points to', () => {
  const page = docs('fidelity.md')
  for (const behaviour of BEHAVIOURS)
    expect(page).toContain(`| **${TEXTS[behaviour].title}** | ${TEXTS[behaviour].how} | ${TEXTS[behaviour].tolerance} |`)
  const [, agreeing, all] = /(\d+) of (\d+) runs agree/.exec(page) ?? []
  expect(agreeing).toBe(all)
  const routers = docs('routers.md')
  for (const { what, why, seen } of ALLOWANCES) {
    expect(page).toContain(`- **${what}**`)
    expect(page).toContain(why)
    if (seen !== undefined) expect(routers).toContain(`## ${seen}\n`)
  }
})
