/** What one dissection carries along: how to read, what it found wrong, and what the message comes to. */
import type { Family } from '../wire/capability/family.ts'
import { ErrorCode } from '../wire/errors.ts'
import type { Fault } from './field.ts'
import type { DissectOptions } from './options.ts'

/** JSON as it is printed. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** One route of an UPDATE or RIB. */
export interface DissectedRoute {
  readonly family: string
  /** `10.0.0.1/32`; for families without prefixes the route in words. */
  readonly prefix: string
  readonly pathId?: number
  /** Route distinguisher, of VPN families. */
  readonly rd?: string
  readonly labels?: readonly number[]
  readonly nextHop?: string
}

export interface Context {
  readonly options: DissectOptions
  readonly faults: Fault[]
  readonly announced: DissectedRoute[]
  readonly withdrawn: DissectedRoute[]
  /** By their RFC names; of one that comes twice the first. */
  readonly attributes: Record<string, Json>
  /** MP_REACH_NLRI has octets of routes, whether they can be read or not. */
  reaches?: boolean
  /** How many attributes this list of attributes is inside of (RFC 6368 §5). */
  readonly depth?: number
  /** The attribute that is being read. */
  attribute?: number
  /** RFC 6396 §4.3.4: in a RIB dump MP_REACH_NLRI holds the next hop alone. */
  readonly rib?: Family
}

export function newContext(options: DissectOptions, rib?: Family): Context {
  return { options, faults: [], announced: [], withdrawn: [], attributes: {}, ...(rib && { rib }) }
}

type Span = { readonly at: number; readonly end: number }

/** An UPDATE Message Error that ends the session. */
export function fatal(context: Context, { at, end }: Span, subcode: number, detail: string): void {
  fault(context, { at, end }, subcode, 'session-reset', detail)
}

/** An UPDATE Message Error. */
export function fault(context: Context, { at, end }: Span, subcode: number, action: Fault['action'], detail: string): void {
  const attribute = context.attribute === undefined ? {} : { attribute: context.attribute }
  context.faults.push({ at, end, code: ErrorCode.update, subcode, action, detail, ...attribute })
}
