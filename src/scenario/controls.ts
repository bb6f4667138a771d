/** Judges a run of a negative control: the named assertions must have failed, every one of them, and no other. Pure. */
import { type AssertionResult, duration } from '../model/index.ts'
import type { Control, TopologyOptions } from './definition.ts'
import type { Executed } from './execute.ts'
import { type ControlMode, matches } from './run.ts'

export function controlMode(control: Control): ControlMode {
  const { patience } = control
  return {
    name: control.name,
    mustFail: control.mustFail,
    leaveOut: control.leaveOut ?? [],
    ...(patience !== undefined && { patience: typeof patience === 'number' ? patience : duration(patience) }),
  }
}

/** What is wrong with the control; empty where it did what it should. */
export function judgeControl(control: Control, executed: Pick<Executed, 'verdict' | 'problems' | 'assertions'>): string[] {
  const problems = [...executed.problems]
  const failed = (assertion: AssertionResult) => !assertion.holds
  for (const pattern of control.mustFail) {
    const named = executed.assertions.filter((assertion) => matches([pattern], assertion.name))
    if (named.length === 0) problems.push(`no assertion is called ${String(pattern)}: the control could not show anything`)
    for (const assertion of named)
      if (!failed(assertion)) problems.push(`"${assertion.name}" held, although ${control.name}: it cannot fail where it should`)
  }
  for (const assertion of executed.assertions.filter(failed)) {
    if (assertion.code === 'not-awaited' || !matches(control.mustFail, assertion.name))
      problems.push(`"${assertion.name}" failed, which this control is not about: ${assertion.message ?? 'does not hold'}`)
    else if (assertion.code === 'vacuous') problems.push(`"${assertion.name}" was vacuous: ${assertion.message ?? ''}`)
  }
  return problems
}

/** The later one wins, key by key. */
export function mergeTopology(...options: readonly (TopologyOptions | undefined)[]): TopologyOptions {
  let merged: TopologyOptions = {}
  for (const each of options) {
    if (each === undefined) continue
    merged = {
      ...merged,
      ...each,
      ...both('routers', merged, each),
      ...both('addPath', merged, each),
      ...both('initialPlacement', merged, each),
    }
  }
  return merged
}

function both<K extends 'routers' | 'addPath' | 'initialPlacement'>(key: K, a: TopologyOptions, b: TopologyOptions) {
  if (a[key] === undefined && b[key] === undefined) return {}
  return { [key]: { ...a[key], ...b[key] } } as Pick<TopologyOptions, K>
}
