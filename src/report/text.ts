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

// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
const COLOURS = /\u001b\[\d+m/g

/** How many columns it takes. */
export function widthOf(line: string): number {
  return line.replace(COLOURS, '').length
}

/**
 * The line, or where it is longer than `width` columns the lines that it takes, broken between words. They hang under the line's last cell
 * (what stands after two spaces) where that begins in its first half, else a little further in than the line. A word that is too long by itself stays whole.
 */
export function folded(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line]
  const plain = line.replace(COLOURS, '')
  const cells = [...plain.matchAll(/(?<=\S {2,}|^ +)\S/g)].map((match) => match.index).filter((start) => start <= width / 2)
  const margin = plain.search(/\S/)
  const indent = ' '.repeat(Math.max(cells.at(-1) ?? 0, margin + 2))
  const lines: string[] = []
  let now = ''
  for (const [word] of line.matchAll(/ *[^ ]+/g)) {
    if (now !== '' && widthOf(now + word) > width) {
      lines.push(now)
      now = indent + word.trimStart()
    } else now += word
  }
  return [...lines, now]
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
