/** AS_PATH, AGGREGATOR and their four-octet twins: RFC 4271 §4.3, RFC 5065, RFC 6793. */
import { UpdateError } from '../../wire/errors.ts'
import type { Json } from '../context.ts'
import type { Scope } from '../field.ts'
import type { Malformed, ReadAttribute, Told } from './index.ts'
import { wrongLength } from './plain.ts'

const TYPES: Readonly<Record<number, string>> = { 1: 'AS_SET', 2: 'AS_SEQUENCE', 3: 'AS_CONFED_SEQUENCE', 4: 'AS_CONFED_SET' }
const BRACKETS: Readonly<Record<number, readonly [string, string]>> = { 1: ['{', '}'], 2: ['', ''], 3: ['(', ')'], 4: ['[', ']'] }

export const asPath: ReadAttribute = (scope, context, malformed) => segments(scope, context.options.fourOctetAs ? 4 : 2, malformed)
export const as4Path: ReadAttribute = (scope, _, malformed) => segments(scope, 4, malformed, true)

/** The value is the path as routers print it: `65001 65002 {65010,65011}`. */
function segments(scope: Scope, size: number, malformed: Malformed, skipsConfederations = false): Told {
  const words: string[] = []
  let bad = false
  const say = (detail: string, at: number, end: number) => {
    // The first is what a speaker sees; it reads no further.
    if (!bad) malformed(detail, UpdateError.malformedAsPath, { at, end })
    bad = true
  }
  while (scope.remaining > 0) {
    const at = scope.at
    if (scope.remaining < 2) {
      say('a segment ends inside its header', at, scope.end)
      break
    }
    scope.open('Path Segment', (inner) => {
      const type = inner.u8('Path Segment Type', (value) => TYPES[value])
      const count = inner.u8('Path Segment Length')
      if (TYPES[type] === undefined) say(`segment type ${type}`, at, at + 1)
      else if (type > 2 && !skipsConfederations) say(`${TYPES[type]}, from an external peer (RFC 5065 §5)`, at, at + 1)
      if (count === 0) say('a segment without AS numbers', at + 1, at + 2)
      const there = Math.min(count, Math.floor(inner.remaining / size))
      const asns: number[] = []
      if (there < count) say(`a segment of ${count} AS numbers has ${inner.remaining} octets`, at + 1, inner.end)
      for (let i = 0; i < there; i++) {
        const asn = inner.uint('AS', size)
        if (asn === 0) say('AS 0 (RFC 7607)', inner.at - size, inner.at)
        asns.push(asn)
      }
      for (const each of inner.fields) each.minor = true
      if (there < count) inner.rest('Undecoded')
      const [open, close] = BRACKETS[type] ?? ['?', '?']
      const text = `${open}${asns.join(type === 1 || type === 4 ? ',' : ' ')}${close}`
      words.push(text)
      return `${TYPES[type] ?? `type ${type}`} ${asns.join(' ')}`
    })
  }
  if (scope.fields.filter((each) => each.name === 'Path Segment').length === 1 && !bad) scope.minor()
  const value = words.join(' ')
  return { value, text: value === '' ? 'empty' : value }
}

export const aggregator: ReadAttribute = (scope, context, malformed) =>
  readAggregator(scope, context.options.fourOctetAs ? 4 : 2, malformed)
export const as4Aggregator: ReadAttribute = (scope, _, malformed) => readAggregator(scope, 4, malformed)

function readAggregator(scope: Scope, size: number, malformed: Malformed): Told {
  if (scope.remaining !== size + 4) return wrongLength(scope.remaining, size + 4, malformed)
  const at = scope.at
  const asn = scope.uint('AS', size)
  scope.minor()
  if (asn === 0) malformed('AS 0 (RFC 7607)', UpdateError.optionalAttribute, { at, end: scope.at })
  const address = scope.ipv4('IP Address')
  scope.minor()
  const value: Json = { asn, address }
  return { value, text: `AS ${asn}, ${address}` }
}
