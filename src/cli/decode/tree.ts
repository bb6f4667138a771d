/** What a person reads: where it was, what it says, its fields with the octets that each takes, and what is wrong with which of them. */
import type { Place } from '../../bgp/capture/index.ts'
import { describeOptions, type Field, familyName, flagsText, type Problem } from '../../bgp/dissect/index.ts'
import { aligned, printable, type Style } from '../../report/index.ts'
import { timeText } from './json.ts'
import type { Told } from './told.ts'

const SPAN = 13
const NAME = 40

export function treeLines(file: string, told: Told, style: Style): string[] {
  return [style.faint(printable(placeText(file, told.item.place))), ...bodyLines(told, style), '']
}

function bodyLines(told: Told, style: Style): string[] {
  switch (told.kind) {
    case 'message': {
      const { type, length, text, fields, problems } = told.dissection
      const { missing, options, optionsKnown, bytes } = told.item
      const read = `${describeOptions(options).join(', ')}${optionsKnown ? '' : ', assumed'}`
      const size = missing > 0 ? `${length} of ${length + missing} octets, the rest is not in the capture` : `${length} octets`
      const asked = type === 'UPDATE' ? ` · ${read}` : ''
      return [
        `${style.strong(type)}${text === '' ? '' : `  ${printable(text)}`} · ${size}${asked}`,
        ...fieldLines(fields, problems, style),
        ...problems.flatMap((problem) => problemLines(problem, bytes, style)),
        ...(told.hint === undefined ? [] : [`  → ${told.hint}`]),
      ]
    }
    case 'route': {
      const { family, prefix, pathId, originated, bytes } = told.item
      const { field, problems } = told.entry
      const path = pathId === undefined ? '' : ` path ${pathId}`
      return [
        `${style.strong('RIB')}  ${prefix}${path} · ${familyName(family)} · since ${timeText(originated)}`,
        ...fieldLines(field.fields ?? [], problems, style),
        ...problems.flatMap((problem) => problemLines(problem, bytes, style)),
      ]
    }
    case 'record':
      return [`${style.strong(told.item.type)}  ${printable(told.item.text)}`]
    case 'gap': {
      const { bytes, text, malformed, reason } = told.item
      const line = `${malformed ? '✗' : '!'} ${reason}: ${printable(text)}`
      return [style.bad(line), ...(bytes === undefined ? [] : dump(bytes, 0, bytes.length, style))]
    }
  }
}

function placeText(file: string, place: Place): string {
  const { packet, firstPacket, record, line, offset, time, from, to, fromAsn, toAsn } = place
  const asn = (number: number | undefined) => (number === undefined ? '' : ` AS ${number}`)
  const first = firstPacket === undefined ? '' : `${firstPacket}–`
  return [
    file,
    ...(packet === undefined ? [] : [`packet ${first}${packet}`]),
    ...(record === undefined ? [] : [`record ${record}`]),
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(packet === undefined && record === undefined && line === undefined && offset !== undefined ? [`offset ${offset}`] : []),
    ...(time === undefined ? [] : [timeText(time)]),
    ...(from === undefined ? [] : [`${from}${asn(fromAsn)}${to === undefined ? '' : ` → ${to}${asn(toAsn)}`}`]),
  ].join('  ')
}

function fieldLines(fields: readonly Field[], problems: readonly Problem[], style: Style, depth = 0, within = false): string[] {
  return fields.flatMap((field) => {
    const faulty = problems.some((problem) => problem.at <= field.at && field.end <= problem.end)
    const marked = faulty && !within
    if (field.minor && !marked) return []
    const inner = field.fields === undefined ? [] : fieldLines(field.fields, problems, style, field.thin ? depth : depth + 1, faulty)
    if (field.thin && !marked) return inner
    const left = `${marked ? ' ✗' : '  '}${`${field.at}–${field.end}`.padStart(SPAN - 4)}  ${'  '.repeat(depth)}${field.name}`
    const line = aligned(left, printable(valueText(field)), NAME + SPAN).trimEnd()
    return [marked ? style.bad(line) : line, ...inner]
  })
}

function valueText(field: Field): string {
  const flags = field.fields?.[0]?.name === 'Attribute Flags' ? Number(field.fields[0].value) : 0
  const partial = (flags & 0x20) === 0 ? '' : `  [${flagsText(flags)}]`
  if (field.text === undefined) return `${field.value ?? ''}${partial}`
  const bare = field.value === undefined || field.fields !== undefined
  return `${bare ? field.text : `${field.value} (${field.text})`}${partial}`
}

function problemLines(problem: Problem, bytes: Uint8Array, style: Style): string[] {
  const { name, action, detail, at, end, data, opaqueToSpeaker } = problem
  const own = opaqueToSpeaker ? ' (the speaker does not look into it)' : ''
  return [
    style.bad(`  ✗ ${name} → ${action}${own}`),
    `    ${printable(detail)} · octets ${at}–${end}${data === '' ? '' : ` · data ${data}`}`,
    ...dump(bytes, at, end, style),
  ]
}

const ROW = 16
const MOST_ROWS = 6

/** The rows that hold the octets from `at` to `end`, which stand in brackets. */
function dump(bytes: Uint8Array, at: number, end: number, style: Style): string[] {
  const first = at - (at % ROW)
  const lines: string[] = []
  for (let row = first; row < Math.max(end, first + 1) && row < bytes.length; row += ROW) {
    if (lines.length === MOST_ROWS) {
      lines.push(`    ${' '.repeat(5)}  … ${end - row} octets more`)
      break
    }
    let text = ''
    let characters = ''
    for (let i = row; i < Math.min(row + ROW, bytes.length); i++) {
      const byte = bytes[i]!
      const digits = byte.toString(16).padStart(2, '0')
      const inside = i >= at && i < end
      const open = inside && (i === at || i === row) ? '[' : i === end && i > row && end > at ? ']' : ' '
      text += open + (inside ? style.bad(digits) : digits)
      characters += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'
    }
    const last = Math.min(row + ROW, bytes.length)
    const close = end >= last && at < last ? ']' : ' '
    const padding = ' '.repeat(3 * (ROW - (last - row)))
    lines.push(`    ${String(row).padStart(5)} ${text}${close}${padding} ${characters}`)
  }
  return lines
}
