/**
 * Why packets were lost, and the line of the files that would have saved them. Rules in the order in which they hold others up: what has nobody left
 * to answer, what no cable leads to, what no peer announces, what a router sends nowhere; and of what came back, the timer that it waited for.
 */
import type { BrokenPath, Cause, SweepCase } from '../../../../model/index.ts'
import type { Plan } from '../../../../topology/plan.ts'
import { CONTROL_PLANE } from '../watch.ts'
import type { Files } from './files.ts'
import { lostFor } from './lost.ts'
import { Standing } from './standing.ts'
import { timerFor } from './timers.ts'

export { Files, type TopologyTexts } from './files.ts'

/** The case with a cause at each broken path that a rule explains. */
export function explained(plan: Plan, files: Files, found: SweepCase): SweepCase {
  const standing = new Standing(plan, found.failures)
  const causeOf = (path: BrokenPath): Cause | undefined =>
    path.forGood ? lostFor({ plan, files, found, path, standing, controlPlane: path.service === CONTROL_PLANE }) : timerFor(plan, path)
  const broken = found.broken.map((path): BrokenPath => {
    const cause = causeOf(path)
    return cause === undefined ? path : { ...path, cause }
  })
  return { ...found, broken }
}
