/** How the command line ends. */
export const EXIT = {
  pass: 0,
  /** A scenario failed. */
  failed: 1,
  /** Usage, or an invalid file. */
  usage: 2,
  /** No engine, a missing image. */
  environment: 3,
  /** Nothing matched what was asked for. */
  nothing: 4,
  interrupted: 130,
} as const

/** An expected end with something to say: what is wrong, and what to do about it. */
export class Ending extends Error {
  readonly exitCode: number
  readonly suggestion: string | undefined

  constructor(exitCode: number, message: string, suggestion?: string) {
    super(message)
    this.name = 'Ending'
    this.exitCode = exitCode
    this.suggestion = suggestion
  }
}
