/** A user's own router configurations that their daemons refuse: bad input, found before any daemon started. */
export interface RefusedLine {
  /** As it stands in the topology. */
  readonly file: string
  /** From 1; 0 where the daemon names none. */
  readonly line: number
  readonly message: string
}

export class RefusedFiles extends Error {
  readonly lines: readonly RefusedLine[]

  constructor(lines: readonly RefusedLine[]) {
    super(lines.map(({ file, line, message }) => `${file}${line > 0 ? `:${line}` : ''}: error: ${message}`).join('\n'))
    this.name = 'RefusedFiles'
    this.lines = lines
  }
}
