/**
 * The octets that one line of text stands for, however people and programs write them:
 *
 *     ffff ffff  ff:ff:ff  0xff, 0xff  \xff\xff  "ffff"            hexadecimal digits and nothing else
 *     00000000: ffff ffff …  ........                              xxd
 *     00000000  ff ff ff ff …  |........|                          hexdump -C
 *     0x0000:  4500 0068 …  E..h                                   tcpdump -x, -X
 *     0000   ff ff ff ff …   ........                              Wireshark's copy
 *     0000000 ffff ffff 1300 …                                     hexdump, od -x: words of the host, octets swapped
 *     …: Bad attributes FFFF FFFF …   …[255 255 …]                 a log's line with a message from its marker on
 */
export interface HexLine {
  readonly octets: Uint8Array
  /** Where a dump's line says that it belongs, as it may be read. */
  readonly offsets?: readonly number[]
}

const DUMP = /^\s*(?:0x)?([0-9a-f]{4,16})(:\s*|\s+)/i

/** `next` is the offset at which the dump above goes on. */
export function readHexLine(line: string, next?: number): HexLine | undefined {
  return dumpLine(line, next) ?? digitsOnly(line) ?? logLine(line)
}

/** The offset of a dump's last line, which has nothing else, as it may be read: hexadecimal, of od octal. */
export function readLastOffset(line: string): readonly number[] | undefined {
  return /^\s*[0-9a-f]{6,16}\s*$/i.test(line) ? offsetsOf(line.trim()) : undefined
}

function offsetsOf(digits: string): readonly number[] {
  return [Number.parseInt(digits, 16), ...(/^[0-7]+$/.test(digits) ? [Number.parseInt(digits, 8)] : [])]
}

function dumpLine(line: string, next: number | undefined): HexLine | undefined {
  const head = DUMP.exec(line)
  if (head === null) return undefined
  const [all, digits = '', gap = ''] = head
  const groups = columns(line.slice(all.length))
  const single = gap === ' '
  const offsets = offsetsOf(digits)
  // With one space and a number of digits that octets have too, it must fit.
  if (single && digits.length % 2 === 0 && !offsets.includes(next ?? -1) && !isFirst(digits, groups)) return undefined
  if (groups.length === 0) return undefined
  const swapped = single && groups.every((group) => group.length === 4)
  const text = groups.map((group) => (swapped ? group.slice(2) + group.slice(0, 2) : group)).join('')
  return { octets: octetsOf(text), offsets: digits.length % 2 === 1 ? offsets : offsets.slice(0, 1) }
}

/** An offset of 0 before a row of groups of another width. */
function isFirst(digits: string, groups: readonly string[]): boolean {
  const [first] = groups
  return (
    /^0+$/.test(digits) && groups.length >= 4 && first!.length !== digits.length && groups.every((each) => each.length === first!.length)
  )
}

/** The groups of digits before the column of characters. */
function columns(text: string): string[] {
  const groups: string[] = []
  let octets = 0
  const token = /(\s*)([0-9a-f]+)(?![^\s|])/iy
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [, gap = '', group = ''] = found
    if (groups.length > 0 && (gap.length > 2 || (gap.length === 2 && octets !== 8))) break
    if (group.length % 2 !== 0) break
    groups.push(group)
    octets += group.length / 2
  }
  return groups
}

const SEPARATORS = /0x|\\x|[\s,:;\-{}()[\]"'.]+/gi

function digitsOnly(line: string): HexLine | undefined {
  const text = line.replace(/\/\*.*?\*\//g, ' ')
  const tokens = text
    .replace(SEPARATORS, ' ')
    .trim()
    .split(' ')
    .filter((each) => each !== '')
  if (tokens.length === 0 || tokens.some((each) => !/^(?:[0-9a-f]{2})+$/i.test(each))) return undefined
  return { octets: octetsOf(tokens.join('')) }
}

const MARKER = /(?:(?:0x|\\x)?ff[\s,:;.-]*){16}/i
const DECIMAL_MARKER = /(?:255[\s,]+){16}/
/** The same for each octet from there on. */
const OCTET = /(?:0x|\\x)?([0-9a-f]{2})[\s,:;.-]*/iy
const DECIMAL_OCTET = /(25[0-5]|2[0-4]\d|[01]?\d{1,2})(?!\d)[\s,]*/y

function logLine(line: string): HexLine | undefined {
  const hex = MARKER.exec(line)
  if (hex !== null) {
    return { octets: octetsOf(run(OCTET, line, hex.index).join('')) }
  }
  const decimal = DECIMAL_MARKER.exec(line)
  if (decimal === null) return undefined
  return { octets: Uint8Array.from(run(DECIMAL_OCTET, line, decimal.index), Number) }
}

/** Octets one after the other from `at` on. They are looked for one at a time: in a long line one expression for all exceeds the stack. */
function run(octet: RegExp, line: string, at: number): string[] {
  const found: string[] = []
  octet.lastIndex = at
  for (let match = octet.exec(line); match !== null; match = octet.exec(line)) found.push(match[1]!)
  return found
}

function octetsOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length >> 1 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}
