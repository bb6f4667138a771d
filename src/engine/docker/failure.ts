/** An expected failure of the environment: what was wrong, and what to do about it. The command line ends with exit code 3. */
export interface Failure<Code extends string = string> {
  readonly ok: false
  readonly code: Code
  readonly message: string
  readonly suggestion: string
}

export function failure<Code extends string>(code: Code, message: string, suggestion: string): Failure<Code> {
  return { ok: false, code, message, suggestion }
}
