/** UPDATE, RFC 4271 §4.3. */
import { UpdateError } from '../wire/errors.ts'
import { walkAttributes } from './attribute/index.ts'
import { type Context, type DissectedRoute, fatal } from './context.ts'
import { type Scope, within } from './field.ts'
import { walkNlri } from './nlri/index.ts'

const IPV4_UNICAST = { afi: 1, safi: 1 }

/** `complete` is false where the capture has only the beginning of the message. Answers what it comes to, in words. */
export function walkUpdate(scope: Scope, context: Context, complete: boolean): string {
  const own: DissectedRoute[] = []
  let sound = true
  const whole = within(scope, () => {
    sound = walkParts(scope, context, complete, own)
  })
  if (!sound) return 'malformed'
  const nextHop = context.attributes.NEXT_HOP
  context.announced.push(...own.map((route) => (typeof nextHop === 'string' ? { ...route, nextHop } : route)))
  return whole || context.announced.length + context.withdrawn.length > 0 ? summary(context) : 'cut off'
}

function walkParts(scope: Scope, context: Context, complete: boolean, own: DissectedRoute[]): boolean {
  const withdrawn = scope.u16('Withdrawn Routes Length')
  scope.minor()
  if (complete && withdrawn + 2 > scope.remaining) return tooLong(scope, context, `withdrawn routes of ${withdrawn} octets do not fit`)
  const first = Math.min(withdrawn, scope.remaining)
  if (first > 0) {
    scope.group('Withdrawn Routes', first, (inner) => {
      walkNlri(inner, IPV4_UNICAST, context, context.withdrawn)
      return undefined
    })
  }
  const length = scope.u16('Total Path Attribute Length')
  scope.minor()
  if (complete && length > scope.remaining) return tooLong(scope, context, `path attributes of ${length} octets do not fit`)
  const hasNlri = length < scope.remaining
  const second = Math.min(length, scope.remaining)
  if (second > 0 || hasNlri) {
    scope.group('Path Attributes', second, (inner) => {
      walkAttributes(inner, context, hasNlri, complete)
      return undefined
    })
  }
  if (!hasNlri) ignoreNextHop(context)
  if (complete && !hasNlri) demandRoutes(context)
  if (scope.remaining > 0) {
    scope.group('Network Layer Reachability Information', scope.remaining, (inner) => {
      walkNlri(inner, IPV4_UNICAST, context, own)
      return undefined
    })
  }
  return true
}

/** RFC 7606 §5.2: routes that would have to be withdrawn, but were not found, end the session; MP_UNREACH_NLRI alone comes without. */
function demandRoutes(context: Context): void {
  if (context.reaches) return
  const withdrawing = context.faults.filter((each) => each.action === 'treat-as-withdraw')
  const others = Object.keys(context.attributes).some((name) => name !== 'MP_UNREACH_NLRI')
  if (!others && withdrawing.every((each) => each.attribute === MP_UNREACH)) return
  for (const each of withdrawing) {
    context.faults.push({ ...each, escalated: true, action: 'session-reset', detail: `${each.detail}, in an UPDATE without routes` })
  }
}

/** RFC 4760 §3: without NLRI that it is the next hop of it is to be ignored, whatever it says. */
function ignoreNextHop({ faults }: Context): void {
  for (const [index, each] of faults.entries()) if (each.attribute === NEXT_HOP) faults[index] = { ...each, action: 'attribute-discard' }
}

const NEXT_HOP = 3
const MP_UNREACH = 15

function tooLong(scope: Scope, context: Context, detail: string): false {
  fatal(context, { at: scope.at - 2, end: scope.at }, UpdateError.malformedAttributeList, detail)
  scope.rest('Undecoded')
  return false
}

function summary({ announced, withdrawn, attributes }: Context): string {
  const parts = [...few('announces', announced), ...few('withdraws', withdrawn)]
  if (parts.length > 0) return parts.join('; ')
  const names = Object.keys(attributes)
  if (names.length === 0) return 'End-of-RIB, IPv4 unicast'
  const unreach = attributes.MP_UNREACH_NLRI
  if (names.length === 1 && typeof unreach === 'object' && unreach !== null && 'family' in unreach && unreach.prefixes === 0)
    return `End-of-RIB, ${String(unreach.family)}`
  return 'no routes'
}

function few(verb: string, routes: readonly DissectedRoute[]): string[] {
  const [first] = routes
  if (first === undefined) return []
  return [`${verb} ${first.prefix}${routes.length === 1 ? '' : ` and ${routes.length - 1} more`}`]
}
