import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newContext } from '../../../src/bgp/dissect/context.ts'
import { Scope } from '../../../src/bgp/dissect/field.ts'
import { assumed, type DissectOptions, dissect, type Field, toHex } from '../../../src/bgp/dissect/index.ts'
import { walkUpdate } from '../../../src/bgp/dissect/update.ts'
import { Reader } from '../../../src/bgp/wire/cursor.ts'
import {
  type CodecContext,
  decodeMessage,
  encodeMessage,
  type Family,
  Framer,
  isIpv4Unicast,
  isIpv6Unicast,
} from '../../../src/bgp/wire/index.ts'
import { anyContext, message } from '../wire/arbitrary.ts'

/** The session as the dissector is told of it. */
function optionsOf(c: CodecContext): DissectOptions {
  const addPath = (family: Family) => (isIpv6Unicast(family) ? c.ipv6?.addPath === true : c.addPath)
  return { ...assumed(c), addPath, ipv6: c.ipv6 !== undefined }
}

/** What the speaker's own codec makes of one message: a NOTIFICATION, what it survives, or nothing. */
function speaker(bytes: Uint8Array, c: CodecContext) {
  const { frames, error } = new Framer().push(bytes)
  if (error !== undefined) return { verdicts: [fatal(error)], opaque: new Set<number>() }
  const decoded = decodeMessage(frames[0]!, c)
  if (!decoded.ok) return { verdicts: [fatal(decoded.error)], opaque: new Set<number>() }
  if (decoded.message.type !== 'update') return { verdicts: [], opaque: new Set<number>() }
  const { errors, attributes } = decoded.message
  return {
    verdicts: errors.map(({ attribute, subcode, action }) => ({ code: 3, subcode, action, attribute })),
    opaque: new Set(
      attributes
        .flatMap((a) => (a.type === 'unknown' ? [a.code] : 'other' in a && isUnread(a) ? [a.type === 'mp-reach' ? 14 : 15] : []))
        .filter((code) => !errors.some((error) => error.attribute === code)),
    ),
  }
}

/** Of a family that the session has no use for. */
function isUnread(routes: Family & { readonly nlri6?: unknown }): boolean {
  return !isIpv4Unicast(routes) && routes.nlri6 === undefined
}

const fatal = ({ code, subcode, data }: { code: number; subcode: number; data: Uint8Array }) => ({
  code,
  subcode,
  action: 'session-reset',
  data: toHex(data),
})

/** Every octet belongs to exactly one leaf, and every field lies in its parent. */
function expectCovered(fields: readonly Field[], at: number, end: number): void {
  let next = at
  for (const field of fields) {
    expect(field.at, field.name).toBe(next)
    expect(field.end).toBeGreaterThanOrEqual(field.at)
    next = field.end
    if (field.fields !== undefined && field.fields.length > 0) expectCovered(field.fields, field.at, field.end)
  }
  expect(next).toBe(end)
}

function expectAgreement(bytes: Uint8Array, c: CodecContext): void {
  const { verdicts, opaque } = speaker(bytes, c)
  const { problems, fields } = dissect(bytes, optionsOf(c))
  const own = problems.filter((each) => each.opaqueToSpeaker !== true)
  expect(
    own.map(({ code, subcode, action, attribute, data }) =>
      action === 'session-reset' ? { code, subcode, action, data } : { code, subcode, action, attribute },
    ),
  ).toEqual(verdicts)
  for (const each of problems) {
    expect(each.at).toBeLessThanOrEqual(each.end)
    expect(each.end).toBeLessThanOrEqual(bytes.length)
    if (each.opaqueToSpeaker) expect(opaque).toContain(each.attribute)
  }
  expectCovered(fields, 0, bytes.length)
}

/** What the speaker reads: this test's business is that no other attribute is in its way. */
const KNOWN = new Set([1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 17, 18])

/** The walk that finds the place comes to the same on its own, for all that the speaker looks into. */
function expectWalkAgrees(bytes: Uint8Array, c: CodecContext): void {
  const { verdicts, opaque } = speaker(bytes, c)
  const walk = newContext(optionsOf(c))
  walkUpdate(new Scope(new Reader(bytes, 19)), walk, true)
  const first = verdicts[0]
  if (first?.action === 'session-reset') {
    // An attribute that only the walk knows by name: to the speaker an unknown one, which must be optional.
    if (first.subcode === 2 && walk.faults.some((each) => each.subcode === 4 && !KNOWN.has(each.attribute!))) return
    expect(walk.faults).toContainEqual(expect.objectContaining({ code: first.code, subcode: first.subcode, action: 'session-reset' }))
    return
  }
  const seen = walk.faults.filter((each) => !(each.attribute && opaque.has(each.attribute)))
  expect(seen.map(({ code, subcode, action, attribute }) => ({ code, subcode, action, attribute }))).toEqual(verdicts)
}

const damaged = anyContext.chain((c) =>
  message(c).chain((m) => {
    const bytes = encodeMessage(m, c)
    const change = fc.tuple(
      fc.integer({ min: 16, max: bytes.length - 1 }),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 255)),
    )
    return fc.tuple(fc.constant(c), fc.constant(bytes), fc.array(change, { minLength: 1, maxLength: 4 }))
  }),
)

test('sound messages of every kind are sound, and every octet has a name', () => {
  fc.assert(
    fc.property(
      anyContext.chain((c) => message(c).map((m) => [c, encodeMessage(m, c)] as const)),
      ([c, bytes]) => expectAgreement(bytes, c),
    ),
    { numRuns: 500 },
  )
})

test('a damaged message is malformed with the speaker’s code, subcode, data and action', () => {
  fc.assert(
    fc.property(damaged, ([c, bytes, changes]) => {
      const copy = bytes.slice()
      for (const [at, value] of changes) copy[at] = value
      // A frame is as long as it says: what a stream gives.
      const length = (copy[16]! << 8) | copy[17]!
      fc.pre(length >= copy.length || length < 19)
      const whole = length > copy.length && length <= 4096 ? padded(copy, length) : copy
      expectAgreement(whole, c)
      if (whole[18] === 2 && length === whole.length && length >= 23) expectWalkAgrees(whole, c)
    }),
    { numRuns: 3000 },
  )
})

test('any octets behind a sound header get the speaker’s verdict', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.uint8Array({ maxLength: 120 }), anyContext, (type, body, c) => {
      const length = 19 + body.length
      expectAgreement(Uint8Array.from([...new Array<number>(16).fill(255), length >> 8, length & 255, type, ...body]), c)
    }),
    { numRuns: 2000 },
  )
})

test('routes of IPv6 unicast inside attributes get the speaker’s verdict, whatever their next hop and lengths', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const nextHop = fc.constantFrom(0, 4, 15, 16, 17, 24, 32, 48).chain(bytes)
  const length = fc.oneof(fc.integer({ min: 120, max: 136 }), fc.nat({ max: 255 }))
  const nlri = fc.tuple(length, fc.nat({ max: 20 }).chain(bytes)).map(([bits, prefix]) => [bits, ...prefix])
  const reach = fc.tuple(nextHop, fc.array(nlri, { maxLength: 3 })).map(([hop, list]) => [14, hop.length, ...hop, 0, ...list.flat()])
  const unreach = fc.array(nlri, { maxLength: 3 }).map((list) => [15, ...list.flat()])
  fc.assert(
    fc.property(fc.oneof(reach, unreach), anyContext, fc.boolean(), ([code, ...rest], c, sound) => {
      const value = [0, 2, 1, ...rest]
      const attributes = [...(sound ? [0x40, 1, 1, 0, 0x40, 2, 0] : []), 0x80, code!, value.length, ...value]
      fc.pre(value.length < 256)
      const body = [0, 0, attributes.length >> 8, attributes.length & 255, ...attributes]
      const bytes = Uint8Array.from([...new Array<number>(16).fill(255), 0, 19 + body.length, 2, ...body])
      fc.pre(bytes.length < 256)
      expectAgreement(bytes, c)
      expectWalkAgrees(bytes, c)
    }),
    { numRuns: 2000 },
  )
})

test('attributes that look like real ones get the speaker’s verdict', () => {
  const attribute = fc
    .record({
      flags: fc.constantFrom(0x40, 0x80, 0xc0, 0xe0, 0x00, 0x50, 0xd0),
      code: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(128, 200)),
      value: fc.uint8Array({ maxLength: 24 }),
    })
    .map(({ flags, code, value }) => [flags, code, ...((flags & 0x10) === 0 ? [] : [0]), value.length, ...value])
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 6 }), anyContext, fc.boolean(), (list, c, routes) => {
      const attributes = list.flat()
      const nlri = routes ? [...(c.addPath ? [0, 0, 0, 1] : []), 24, 10, 0, 1] : []
      const body = [0, 0, attributes.length >> 8, attributes.length & 255, ...attributes, ...nlri]
      const length = 19 + body.length
      const bytes = Uint8Array.from([...new Array<number>(16).fill(255), length >> 8, length & 255, 2, ...body])
      expectAgreement(bytes, c)
      expectWalkAgrees(bytes, c)
    }),
    { numRuns: 3000 },
  )
})

test('no beginning of a message makes the dissector throw, or say that it is malformed', () => {
  fc.assert(
    fc.property(
      anyContext.chain((c) => message(c).map((m) => [c, encodeMessage(m, c)] as const)),
      fc.nat(),
      ([c, bytes], cut) => {
        const part = bytes.subarray(0, cut % bytes.length)
        const { problems, fields } = dissect(part, optionsOf(c), false)
        expect(problems).toEqual([])
        expectCovered(fields, 0, part.length)
      },
    ),
    { numRuns: 500 },
  )
})

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length)
  copy.set(bytes)
  return copy
}
