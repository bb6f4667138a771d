/**
 * Flow specifications, RFC 8955 §4 and RFC 8956: Length 1, or 2 from 240 on | components { Type 1 | value by type }…
 */
import type { Family } from '../../wire/capability/family.ts'
import type { Scope } from '../field.ts'
import type { RouteParts } from './index.ts'
import { address, BadNlri, distinguisher } from './prefix.ts'

const COMPONENTS: Readonly<Record<number, string>> = {
  1: 'destination',
  2: 'source',
  3: 'protocol',
  4: 'port',
  5: 'destination port',
  6: 'source port',
  7: 'ICMP type',
  8: 'ICMP code',
  9: 'TCP flags',
  10: 'packet length',
  11: 'DSCP',
  12: 'fragment',
  13: 'flow label',
}

export function flowSpecification(scope: Scope, family: Family): RouteParts {
  const long = (scope.peek() ?? 0) >= 0xf0
  const length = scope.uint('Length', long ? 2 : 1) & (long ? 0x0fff : 0xff)
  const words: string[] = []
  let rd: string | undefined
  scope.group('Flow Specification', length, (inner) => {
    if (family.safi === 134) rd = distinguisher(inner)
    while (inner.remaining > 0) words.push(component(inner, family.afi))
    return undefined
  })
  return { prefix: words.join(', ') || 'everything', ...(rd !== undefined && { rd }) }
}

function component(scope: Scope, afi: number): string {
  const field = scope.open('Component', (inner) => {
    const type = inner.u8('Type', (value) => COMPONENTS[value])
    const name = COMPONENTS[type]
    if (name === undefined) throw new BadNlri(`flow specification component ${type} is unknown`)
    if (type > 2) return `${name} ${operators(inner, type === 9 || type === 12)}`
    const bits = inner.u8('Length')
    if (afi === 1) return `${name} ${address(inner, bits, afi)}`
    const offset = inner.u8('Offset')
    if (offset > 0 && offset < bits) return `${name} ${inner.hex('Pattern', (bits - offset + 7) >> 3)} at bit ${offset}`
    return `${name} ${address(inner, bits, afi)}`
  })
  return field.text!
}

/** `{ Operator 1 | Value 1, 2, 4 or 8 }…`, the last one marked. */
function operators(scope: Scope, bitmask: boolean): string {
  let text = ''
  for (;;) {
    const operator = scope.u8('Operator')
    const octets = 1 << ((operator >> 4) & 3)
    const value = octets === 8 ? scope.u64('Value') : scope.uint('Value', octets)
    const joined = text === '' ? '' : (operator & 0x40) !== 0 ? ' and ' : ' or '
    text += joined + (bitmask ? maskTerm(operator, value) : `${comparison(operator)}${value}`)
    if ((operator & 0x80) !== 0) return text
  }
}

function comparison(operator: number): string {
  return ['never', '=', '>', '>=', '<', '<=', '!=', 'always '][
    ((operator & 4) === 0 ? 0 : 4) | ((operator & 2) === 0 ? 0 : 2) | (operator & 1)
  ]!
}

function maskTerm(operator: number, value: number | string): string {
  const hex = `0x${BigInt(value).toString(16)}`
  return `${(operator & 2) === 0 ? '' : 'not '}${(operator & 1) === 0 ? 'any of ' : 'all of '}${hex}`
}
