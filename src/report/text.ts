/** Text for terminals: columns, and colour that never alone carries meaning. */

export interface Style {
  good(text: string): string
  bad(text: string): string
  faint(text: string): string
  strong(text: string): string
}

export const PLAIN: Style = { good: (text) => text, bad: (text) => text, faint: (text) => text, strong: (text) => text }

const sgr = (code: number) => (text: string) => (text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`)

export const COLOUR: Style = { good: sgr(32), bad: sgr(31), faint: sgr(2), strong: sgr(1) }

/** Pads every cell but a row's last to its column's width; two spaces between columns. */
export function table(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  return rows.map((row) =>
    (indent + row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  ')).trimEnd(),
  )
}

/** `left`, then `right` at the given column, or two spaces after where it is passed already. */
export function aligned(left: string, right: string, column: number): string {
  return `${left.padEnd(column - 2)}  ${right}`
}

/** One word for a shell to paste. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** What a device or file wrote, without what could drive the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}
