import type { AssertionResult } from '../model/index.ts'

/** An assertion did not hold. The run records it; a scenario needs not catch it. */
export class AssertionFailed extends Error {
  readonly result: AssertionResult

  constructor(result: AssertionResult) {
    super(`${result.name}: ${result.message ?? 'does not hold'}`)
    this.name = 'AssertionFailed'
    this.result = result
  }
}

/** The run was interrupted. */
export class Cancelled extends Error {
  constructor() {
    super('the run was cancelled')
    this.name = 'Cancelled'
  }
}

/** The scenario asks for something that the lab does not have; `message` says what there is. */
export class ScenarioError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ScenarioError'
  }
}
