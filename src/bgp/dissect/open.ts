/** OPEN, RFC 4271 §4.2, with the parameters of RFC 5492 and their longer form of RFC 9072. */
import { Truncated } from '../wire/cursor.ts'
import { ErrorCode, OpenError } from '../wire/errors.ts'
import { type Capability, walkCapabilities } from './capability.ts'
import type { Context, Json } from './context.ts'
import { type Scope, within } from './field.ts'
import type { Offer } from './options.ts'

const CAPABILITIES = 2
const EXTENDED = 255

export interface DissectedOpen {
  readonly offer: Offer
  readonly json: Json
  readonly text: string
}

export function walkOpen(scope: Scope, context: Context, complete: boolean): DissectedOpen {
  const say = (subcode: number, detail: string, span: { readonly at: number; readonly end: number }) =>
    context.faults.push({ at: span.at, end: span.end, code: ErrorCode.open, subcode, action: 'session-reset', detail })
  const last = () => scope.fields.at(-1)!
  const found: Capability[] = []
  const said = { version: 0, myAs: 0, holdTime: 0, identifier: '' }
  within(scope, () => {
    said.version = scope.u8('Version')
    if (said.version !== 4) say(OpenError.unsupportedVersion, `BGP version ${said.version}`, last())
    said.myAs = scope.u16('My Autonomous System', (value) => (value === 23456 ? 'AS_TRANS' : undefined))
    said.holdTime = scope.u16('Hold Time', (value) => (value === 0 ? 'no hold timer, no keepalives' : undefined))
    if (said.holdTime === 1 || said.holdTime === 2) say(OpenError.unacceptableHoldTime, `a hold time of ${said.holdTime} s`, last())
    said.identifier = scope.ipv4('BGP Identifier')
    if (said.identifier === '0.0.0.0') say(OpenError.badIdentifier, 'the BGP identifier is 0.0.0.0', last())
    const at = scope.at
    try {
      walkParameters(scope, found, (type, span) => say(OpenError.unsupportedParameter, `optional parameter ${type} is unknown`, span))
    } catch (error) {
      if (!(error instanceof Truncated)) throw error
      if (complete) say(OpenError.unspecific, `the optional parameters are malformed: ${error.message}`, { at, end: scope.end })
      scope.rest('Undecoded')
    }
  })
  const asn = found.find((each) => each.asn !== undefined)?.asn ?? said.myAs
  return {
    offer: {
      capabilities: new Set(found.filter((each) => !each.ignored).map((each) => each.code)),
      families: found.flatMap((each) => each.family ?? []),
      addPath: found.flatMap((each) => each.addPath ?? []),
    },
    json: { ...said, asn, capabilities: found.map(({ code, name, value }) => ({ code, name, ...(value !== undefined && { value }) })) },
    text: `AS ${asn}, identifier ${said.identifier}, hold time ${said.holdTime} s`,
  }
}

type Unknown = (type: number, span: { readonly at: number; readonly end: number }) => void

function walkParameters(scope: Scope, found: Capability[], unknown: Unknown): void {
  let length = scope.u8('Optional Parameters Length')
  const extended = length === EXTENDED && scope.peek() === EXTENDED
  if (extended) {
    scope.u8('Non-Ext OP Type')
    length = scope.u16('Extended Opt. Parm. Length')
  }
  if (length !== scope.remaining) throw new Truncated(`they claim ${length} octets, ${scope.remaining} are there`)
  while (scope.remaining > 0) {
    scope.open('Optional Parameter', (inner, field) => {
      const type = inner.u8('Parameter Type', (value) => (value === CAPABILITIES ? 'Capabilities' : undefined))
      const octets = inner.uint('Parameter Length', extended ? 2 : 1)
      for (const each of inner.fields) each.minor = true
      if (type !== CAPABILITIES) {
        inner.hex('Parameter Value', octets)
        unknown(type, { at: field.at, end: inner.at })
        return `type ${type}`
      }
      field.thin = true
      inner.group('Capabilities', octets, (value) => walkCapabilities(value, found)).thin = true
      return 'Capabilities'
    })
  }
}
