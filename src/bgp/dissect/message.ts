/** One whole message, or the beginning of one, as a tree with a verdict. */
import { Reader } from '../wire/cursor.ts'
import { HEADER_SIZE, MessageType } from '../wire/header.ts'
import { type Context, type DissectedRoute, type Json, newContext } from './context.ts'
import { type Field, Scope, within } from './field.ts'
import { afiName, familyName, MESSAGE_TYPES, safiName } from './names.ts'
import { walkNotification } from './notification.ts'
import { walkOpen } from './open.ts'
import { type Assumptions, assumed, type DissectOptions, type Offer, type OptionsUnder } from './options.ts'
import { walkUpdate } from './update.ts'
import { headerError, messageVerdict, type Problem, problemsOf } from './verdict.ts'

export interface Dissection {
  /** `UPDATE`; `type 9` for what is none. */
  readonly type: string
  /** Octets that are here; fewer than the message's own where the capture is cut. */
  readonly length: number
  readonly text: string
  readonly fields: readonly Field[]
  readonly problems: readonly Problem[]
  /** What the message says, without spans, by its type. */
  readonly open?: Json
  readonly update?: {
    readonly announced: readonly DissectedRoute[]
    readonly withdrawn: readonly DissectedRoute[]
    readonly attributes: { readonly [name: string]: Json }
  }
  readonly notification?: Json
  readonly routeRefresh?: Json
  readonly offer?: Offer
  /** Read otherwise than assumed, the message would be sound. */
  readonly hint?: string
}

/**
 * `bytes` is a message from its marker on; with `whole` false the capture ends inside it, and nothing is said of its soundness. Nor is
 * anything said of the body of a message that claims more octets than there are.
 */
export function dissect(bytes: Uint8Array, options: DissectOptions, whole = true): Dissection {
  const context = newContext(options)
  const scope = new Scope(new Reader(bytes))
  const header = whole ? headerError(bytes, options) : undefined
  const complete = whole && (header !== undefined || bytes.length >= claimed(bytes))
  const head: { type?: number; body?: Partial<Dissection> & { text: string } } = {}
  within(scope, () => {
    scope.hex('Marker', 16, bytes.subarray(0, 16).every((byte) => byte === 0xff) ? 'all ones' : 'not all ones')
    scope.u16('Length')
    head.type = scope.u8('Type', (value) => MESSAGE_TYPES[value])
    for (const each of scope.fields) each.minor = true
    if (header === undefined) head.body = walkBody(scope, head.type, context, complete)
    scope.rest('Undecoded')
  })
  if (header !== undefined) context.faults.splice(0, context.faults.length, headerFault(header.subcode, header.detail))
  const verdict = complete ? messageVerdict(bytes, options) : undefined
  const problems =
    verdict === undefined
      ? []
      : problemsOf(verdict, context.faults, bytes, { at: Math.min(HEADER_SIZE, bytes.length), end: bytes.length }, (code) =>
          attributeSpan(scope.fields, code),
        )
  const name = head.type === undefined ? 'message' : (MESSAGE_TYPES[head.type] ?? `type ${head.type}`)
  return { type: name, length: bytes.length, text: '', ...head.body, fields: scope.fields, problems }
}

/** The length that the header tells. */
function claimed(bytes: Uint8Array): number {
  return (bytes[16]! << 8) | bytes[17]!
}

/** The octets of the header that RFC 4271 §6.1 finds fault with. */
function headerFault(subcode: number, detail: string) {
  const [at, end] = subcode === 1 ? [0, 16] : subcode === 2 ? [16, 18] : [18, 19]
  return { at, end, code: 1, subcode, action: 'session-reset' as const, detail }
}

function walkBody(scope: Scope, type: number, context: Context, complete: boolean): Partial<Dissection> & { text: string } {
  switch (type) {
    case MessageType.open: {
      const { json, text, offer } = walkOpen(scope, context, complete)
      return { open: json, text, offer }
    }
    case MessageType.update: {
      const { announced, withdrawn, attributes } = context
      const text = walkUpdate(scope, context, complete)
      return { update: { announced, withdrawn, attributes }, text }
    }
    case MessageType.notification: {
      const { json, text } = walkNotification(scope)
      return { notification: json, text }
    }
    case MessageType.routeRefresh:
      return walkRouteRefresh(scope)
    default:
      return { text: '' }
  }
}

const SUBTYPES = ['request', 'beginning of route refresh', 'end of route refresh']

/** RFC 2918 §3, RFC 7313 §3.2. */
function walkRouteRefresh(scope: Scope): Partial<Dissection> & { text: string } {
  const afi = scope.u16('AFI', afiName)
  const subtype = scope.u8('Message Subtype', (value) => SUBTYPES[value])
  const safi = scope.u8('SAFI', safiName)
  const family = familyName({ afi, safi })
  const name = SUBTYPES[subtype] ?? `subtype ${subtype}`
  return { routeRefresh: { family, afi, safi, subtype, name }, text: `${name}, ${family}` }
}

export function attributeSpan(fields: readonly Field[], code: number): { readonly at: number; readonly end: number } | undefined {
  const list = fields.find((field) => field.name === 'Path Attributes')
  if (code === 0) return list
  return list?.fields?.find((field) => field.fields?.[1]?.name === 'Attribute Type Code' && field.fields[1].value === code)
}

/** Tries the other ways to read the body of a malformed message: the words for the first that finds it sound. */
export function hintFor(bytes: Uint8Array, { extendedMessages }: DissectOptions, under: OptionsUnder = assumed): string | undefined {
  if (bytes.length < claimed(bytes)) return undefined
  const ways: readonly [string, Assumptions][] = [
    ['four-octet AS numbers', { fourOctetAs: true, addPath: false, extendedMessages }],
    ['--add-path', { fourOctetAs: true, addPath: true, extendedMessages }],
    ['--asn2', { fourOctetAs: false, addPath: false, extendedMessages }],
    ['--asn2 --add-path', { fourOctetAs: false, addPath: true, extendedMessages }],
  ]
  return ways.find(([, assumptions]) => dissect(bytes, under(assumptions)).problems.length === 0)?.[0]
}

/**
 * The header would be sound if the session had RFC 8654. Without it the octets behind the header are not taken for its own, so that is
 * all that can be said.
 */
export function looksExtended(bytes: Uint8Array, options: DissectOptions, under: OptionsUnder = assumed): boolean {
  const extended = under({ fourOctetAs: options.fourOctetAs, addPath: false, extendedMessages: true })
  return headerError(bytes, options) !== undefined && headerError(bytes, extended) === undefined
}

/**
 * A sound message that says the same prefix more than once, and nothing malformed with ADD-PATH: small path identifiers pass for default
 * routes, three of them in a row.
 */
export function looksLikeAddPath({ update, problems }: Dissection, bytes: Uint8Array, under: OptionsUnder = assumed): boolean {
  const routes = [...(update?.announced ?? []), ...(update?.withdrawn ?? [])]
  const defaults = routes.filter((route) => route.pathId === undefined && (route.prefix === '0.0.0.0/0' || route.prefix === '::/0'))
  if (problems.length > 0 || defaults.length < 2) return false
  const ways = [true, false].map((fourOctetAs) => under({ fourOctetAs, addPath: true, extendedMessages: true }))
  return ways.some((options) => dissect(bytes, options).problems.length === 0)
}
