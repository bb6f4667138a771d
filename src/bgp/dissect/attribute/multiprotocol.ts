/**
 * MP_REACH_NLRI and MP_UNREACH_NLRI, RFC 4760 §3 and §4, of every family. In a RIB dump MP_REACH_NLRI is cut to its next hop
 * (RFC 6396 §4.3.4); some collectors write it whole, which begins with the first octet of the AFI, 0 or 0x40.
 */
import { type Family, isIpv4Unicast, isIpv6Unicast } from '../../wire/capability/family.ts'
import { UpdateError } from '../../wire/errors.ts'
import { type Context, type DissectedRoute, fatal, type Json } from '../context.ts'
import type { Scope } from '../field.ts'
import { afiName, familyName, safiName } from '../names.ts'
import { walkNlri } from '../nlri/index.ts'
import { distinguisher } from '../nlri/prefix.ts'
import type { ReadAttribute, Told } from './index.ts'

export const mpReach: ReadAttribute = (scope, context) => {
  if (context.rib !== undefined && scope.peek() === scope.remaining - 1) return abbreviated(scope, context.rib)
  if (scope.remaining < 5) return tooShort(scope, context, 'MP_REACH_NLRI')
  const family = readFamily(scope)
  const octets = scope.u8('Length of Next Hop Network Address')
  scope.minor()
  if (octets + 1 > scope.remaining) {
    fatal(context, { at: scope.at - 1, end: scope.at }, UpdateError.optionalAttribute, `a next hop of ${octets} octets does not fit`)
    return { value: null, text: 'malformed' }
  }
  if (!isNextHopLength(family, octets)) {
    fatal(context, { at: scope.at - 1, end: scope.at }, UpdateError.optionalAttribute, `a next hop of ${octets} octets`)
  }
  const nextHop = readNextHop(scope, octets)
  scope.u8('Reserved')
  scope.minor()
  return withRoutes(scope, family, context, nextHop)
}

export const mpUnreach: ReadAttribute = (scope, context) => {
  if (scope.remaining < 3) return tooShort(scope, context, 'MP_UNREACH_NLRI')
  return withRoutes(scope, readFamily(scope), context)
}

/** RFC 7606 §7.11: an unexpected length is malformed; of other families than those that the speaker may read any length is taken. */
function isNextHopLength(family: Family, octets: number): boolean {
  if (isIpv4Unicast(family)) return octets === 4
  return !isIpv6Unicast(family) || octets === 16 || octets === 32
}

function abbreviated(scope: Scope, family: Family): Told {
  const nextHop = readNextHop(scope, scope.u8('Length of Next Hop Network Address'))
  return { value: { family: familyName(family), nextHop }, text: `next hop ${nextHop}` }
}

function tooShort(scope: Scope, context: Context, name: string): Told {
  fatal(context, { at: scope.at, end: scope.end }, UpdateError.optionalAttribute, `${name} of ${scope.remaining} octets`)
  return { value: null, text: 'malformed' }
}

function readFamily(scope: Scope): Family {
  const afi = scope.u16('Address Family Identifier', afiName)
  scope.minor()
  const safi = scope.u8('Subsequent Address Family Identifier', safiName)
  scope.minor()
  return { afi, safi }
}

/** One address, or the global and the link-local one (RFC 2545 §3); with a route distinguisher before each in VPN families. */
function readNextHop(scope: Scope, octets: number): string {
  const field = scope.group('Network Address of Next Hop', octets, (inner) => {
    const parts: string[] = []
    const size = { 4: 4, 12: 4, 16: 16, 24: 16, 32: 16, 48: 16 }[octets]
    if (size === undefined) {
      if (octets > 0) parts.push(inner.hex('Value'))
      return parts.join(', ')
    }
    while (inner.remaining > 0) {
      const rd = octets % 24 === 0 || octets === 12 ? distinguisher(inner) : '0:0'
      const address = inner.address('Address', size)
      parts.push(rd === '0:0' ? address : `${rd} ${address}`)
    }
    for (const each of inner.fields) each.minor = true
    return parts.join(', ')
  })
  field.minor = true
  return field.text!
}

/** With a next hop, which may be empty (RFC 8955 §4), they are announced. */
function withRoutes(scope: Scope, family: Family, context: Context, nextHop?: string): Told {
  const into: DissectedRoute[] = nextHop === undefined ? context.withdrawn : context.announced
  const before = into.length
  const empty = scope.remaining === 0
  if (!empty && nextHop !== undefined) context.reaches = true
  if (!empty) {
    const name = nextHop === undefined ? 'Withdrawn Routes' : 'Network Layer Reachability Information'
    scope.group(name, scope.remaining, (inner) => {
      walkNlri(inner, family, context, into, nextHop === '' ? undefined : nextHop)
      return undefined
    })
  }
  const many = into.length - before
  const value: Json = { family: familyName(family), ...(nextHop && { nextHop }), prefixes: many }
  const endOfRib = nextHop === undefined && empty ? ', End-of-RIB where alone (RFC 4724)' : ''
  const hop = nextHop ? `next hop ${nextHop}, ` : ''
  return { value, text: `${familyName(family)}, ${hop}${many === 1 ? '1 prefix' : `${many} prefixes`}${endOfRib}` }
}
