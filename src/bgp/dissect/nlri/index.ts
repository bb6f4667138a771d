/** NLRI by their family, RFC 4760 §5: prefixes with path identifiers, labels and distinguishers; what has another shape by its own file. */
import type { Family } from '../../wire/capability/family.ts'
import { Truncated } from '../../wire/cursor.ts'
import { UpdateError } from '../../wire/errors.ts'
import { type Context, type DissectedRoute, fatal } from '../context.ts'
import type { Scope } from '../field.ts'
import { familyName } from '../names.ts'
import { evpn } from './evpn.ts'
import { flowSpecification } from './flow-specification.ts'
import { linkState, mvpn, routeTarget, srPolicy, vpls } from './other.ts'
import { BadNlri, labeled, prefix, vpn } from './prefix.ts'

export type RouteParts = Omit<DissectedRoute, 'family' | 'pathId' | 'nextHop'>

/** Reads one NLRI behind its path identifier; throws `Truncated` or `BadNlri`. */
export type ReadNlri = (scope: Scope, family: Family) => RouteParts

const READERS: Readonly<Record<number, ReadNlri>> = {
  1: prefix,
  2: prefix,
  4: labeled,
  5: mvpn,
  65: vpls,
  70: evpn,
  71: linkState,
  73: srPolicy,
  128: vpn,
  129: vpn,
  132: routeTarget,
  133: flowSpecification,
  134: flowSpecification,
}

const PLAIN_AFIS = new Set([1, 2])
const AFI_OF: Readonly<Record<number, readonly number[]>> = { 65: [25], 70: [25], 71: [16388], 72: [16388], 132: [1] }

export function readerOf({ afi, safi }: Family): ReadNlri | undefined {
  const known = AFI_OF[safi]?.includes(afi) ?? PLAIN_AFIS.has(afi)
  return known ? READERS[safi] : undefined
}

/**
 * All NLRI to the end of `scope`. What is malformed hides all that follows, so it ends the session; in the UPDATE's own fields with the
 * Invalid Network Field of RFC 4271 §6.3, inside an attribute as an Optional Attribute Error (RFC 4760 §7).
 */
export function walkNlri(scope: Scope, family: Family, context: Context, into: DissectedRoute[], nextHop?: string): void {
  const read = readerOf(family)
  if (read === undefined) {
    scope.rest(`NLRI (${familyName(family)})`)
    return
  }
  const addPath = context.options.addPath(family)
  const name = familyName(family)
  const subcode = context.attribute === undefined ? UpdateError.invalidNetworkField : UpdateError.optionalAttribute
  while (scope.remaining > 0) {
    const at = scope.at
    try {
      scope.open('Prefix', (inner, field) => {
        const pathId = addPath ? inner.u32('Path Identifier') : undefined
        const parts = read(inner, family)
        into.push({ family: name, ...parts, ...(pathId !== undefined && { pathId }), ...(nextHop !== undefined && { nextHop }) })
        field.value = parts.prefix
        for (const each of inner.fields) each.minor = true
        const text = routeText(parts, pathId)
        return text === parts.prefix ? undefined : text
      })
    } catch (error) {
      if (!(error instanceof Truncated) && !(error instanceof BadNlri)) throw error
      const detail = error instanceof BadNlri ? error.message : `the last NLRI ends early: ${error.message}`
      fatal(context, { at, end: scope.end }, subcode, detail)
      scope.rest('Undecoded')
    }
  }
}

function routeText(parts: RouteParts, pathId: number | undefined): string {
  return [
    parts.rd === undefined ? parts.prefix : `${parts.rd} ${parts.prefix}`,
    ...(pathId === undefined ? [] : [`path ${pathId}`]),
    ...(parts.labels === undefined ? [] : [`label ${parts.labels.join(', ')}`]),
  ].join('  ')
}
