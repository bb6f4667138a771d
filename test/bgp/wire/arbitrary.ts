import fc from 'fast-check'
import type { Attribute, Capability, CodecContext, Message, Nlri, Nlri6 } from '../../../src/bgp/wire/index.ts'
import { formatIpv6, maskIpv6, maskOf } from '../../../src/net/index.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const address = fc.integer({ min: -0x80000000, max: 0x7fffffff })
const hostAddress = fc
  .integer({ min: 1, max: 223 })
  .chain((first) => fc.integer({ min: 0, max: 0xffffff }).map((rest) => (first << 24) | rest))
const bytes = (max: number) => fc.uint8Array({ maxLength: max })

export const nlri = (addPath: boolean): fc.Arbitrary<Nlri> =>
  fc
    .record({ address, length: fc.integer({ min: 0, max: 32 }), pathId: addPath ? u32 : fc.constant(0) })
    .map((n) => ({ ...n, address: n.address & maskOf(n.length) }))

export const nlri6 = (addPath: boolean): fc.Arbitrary<Nlri6> =>
  fc
    .record({
      octets: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      length: fc.integer({ min: 0, max: 128 }),
      pathId: addPath ? u32 : fc.constant(0),
    })
    .map(({ octets, length, pathId }) => ({ address: formatIpv6(maskIpv6(octets.slice(), length)), length, pathId }))

const family = fc.record({ afi: u16, safi: u8 })

export const capability: fc.Arbitrary<Capability> = fc.oneof(
  family.map((f): Capability => ({ type: 'multiprotocol', ...f })),
  fc.constant<Capability>({ type: 'route-refresh' }),
  u32.map((asn): Capability => ({ type: 'four-octet-as', asn })),
  fc
    .array(
      fc
        .record({ afi: u16, safi: u8, mode: fc.integer({ min: 1, max: 3 }) })
        .map(({ afi, safi, mode }) => ({ afi, safi, receive: (mode & 1) !== 0, send: (mode & 2) !== 0 })),
      { maxLength: 4 },
    )
    .map((families): Capability => ({ type: 'add-path', families })),
  fc
    .record({
      restarting: fc.boolean(),
      notification: fc.boolean(),
      restartSeconds: fc.integer({ min: 0, max: 4095 }),
      families: fc.array(fc.record({ afi: u16, safi: u8, forwarding: fc.boolean() }), { maxLength: 3 }),
    })
    .map((g): Capability => ({ type: 'graceful-restart', ...g })),
  fc.constantFrom<Capability>({ type: 'extended-message' }, { type: 'enhanced-route-refresh' }),
  fc
    .record({ code: u8.filter((c) => ![1, 2, 6, 64, 65, 69, 70].includes(c)), value: bytes(16) })
    .map((c): Capability => ({ type: 'unknown', ...c })),
)

const segments = (asn: fc.Arbitrary<number>) =>
  fc.array(
    fc.record({ kind: fc.constantFrom('sequence' as const, 'set' as const), asns: fc.array(asn, { minLength: 1, maxLength: 80 }) }),
    {
      maxLength: 3,
    },
  )

const attributesOf = (context: CodecContext): fc.Arbitrary<Attribute>[] => {
  const asn = context.fourOctetAs ? u32.filter((n) => n > 0) : u16.filter((n) => n > 0)
  const asn4 = u32.filter((n) => n > 0)
  return [
    fc.constantFrom('igp' as const, 'egp' as const, 'incomplete' as const).map((value): Attribute => ({ type: 'origin', value })),
    segments(asn).map((s): Attribute => ({ type: 'as-path', segments: s })),
    hostAddress.map((a): Attribute => ({ type: 'next-hop', address: a })),
    u32.map((value): Attribute => ({ type: 'multi-exit-disc', value })),
    u32.map((value): Attribute => ({ type: 'local-pref', value })),
    fc.constant<Attribute>({ type: 'atomic-aggregate' }),
    fc.record({ asn, address }).map((a): Attribute => ({ type: 'aggregator', ...a })),
    fc.array(u32, { minLength: 1, maxLength: 70 }).map((values): Attribute => ({ type: 'communities', values })),
    fc
      .uniqueArray(fc.record({ global: u32, local1: u32, local2: u32 }), {
        minLength: 1,
        maxLength: 20,
        selector: ({ global, local1, local2 }) => `${global}:${local1}:${local2}`,
      })
      .map((values): Attribute => ({ type: 'large-communities', values })),
    segments(asn4).map((s): Attribute => ({ type: 'as4-path', segments: s })),
    fc.record({ asn: asn4, address }).map((a): Attribute => ({ type: 'as4-aggregator', ...a })),
    ...(context.ipv6
      ? [
          fc
            .record({ nlri6: fc.array(nlri6(context.ipv6.addPath), { maxLength: 5 }) })
            .map((m): Attribute => ({ type: 'mp-unreach', afi: 2, safi: 1, nlri: [], other: new Uint8Array(0), ...m })),
          fc
            .record({
              nextHop: fc.constantFrom(16, 32).chain((n) => fc.uint8Array({ minLength: n, maxLength: n })),
              nlri6: fc.array(nlri6(context.ipv6.addPath), { maxLength: 5 }),
            })
            .map((m): Attribute => ({ type: 'mp-reach', afi: 2, safi: 1, nlri: [], other: new Uint8Array(0), ...m })),
        ]
      : [
          fc
            .record({ nextHop: fc.uint8Array({ minLength: 4, maxLength: 4 }), nlri: fc.array(nlri(context.addPath), { maxLength: 5 }) })
            .map((m): Attribute => ({ type: 'mp-reach', afi: 1, safi: 1, ...m, other: new Uint8Array(0) })),
          fc
            .record({ afi: fc.integer({ min: 2, max: 0xffff }), safi: u8, other: bytes(40) })
            .map((m): Attribute => ({ type: 'mp-unreach', ...m, nlri: [] })),
        ]),
    fc
      .record({ flags: fc.constantFrom(0x80, 0xc0, 0xe0), code: fc.integer({ min: 33, max: 255 }), value: bytes(300) })
      .map((a): Attribute => ({ type: 'unknown', ...a })),
  ]
}

/** An UPDATE with ORIGIN, AS_PATH and NEXT_HOP, and any of the others, each once. */
const update = (context: CodecContext): fc.Arbitrary<Message> => {
  const [origin, path, hop, ...others] = attributesOf(context)
  return fc
    .tuple(
      fc.tuple(origin!, path!, hop!),
      fc.tuple(...others.map((one) => fc.option(one, { nil: undefined, freq: 3 }))),
      fc.array(nlri(context.addPath), { maxLength: 20 }),
      fc.array(nlri(context.addPath), { maxLength: 20 }),
    )
    .map(
      ([mandatory, optional, routes, withdrawn]): Message => ({
        type: 'update',
        withdrawn,
        attributes: [...mandatory, ...optional.filter((a) => a !== undefined)],
        nlri: routes,
        errors: [],
      }),
    )
}

export const context: fc.Arbitrary<CodecContext> = fc.record({ fourOctetAs: fc.boolean(), addPath: fc.boolean() })

/** With IPv6 unicast negotiated, or not. */
export const anyContext: fc.Arbitrary<CodecContext> = fc.oneof(
  context,
  fc.record({ fourOctetAs: fc.boolean(), addPath: fc.boolean(), ipv6: fc.record({ addPath: fc.boolean() }) }),
)

export const message = (c: CodecContext): fc.Arbitrary<Message> =>
  fc.oneof(
    { weight: 3, arbitrary: update(c) },
    {
      weight: 1,
      arbitrary: fc
        .record({
          myAs: u16,
          holdTimeSeconds: u16.filter((h) => h !== 1 && h !== 2),
          identifier: address.filter((a) => a !== 0),
          capabilities: fc.array(capability, { maxLength: 8 }),
        })
        .map((o): Message => ({ type: 'open', ...o })),
    },
    { weight: 1, arbitrary: fc.record({ code: u8, subcode: u8, data: bytes(100) }).map((n): Message => ({ type: 'notification', ...n })) },
    { weight: 1, arbitrary: fc.constant<Message>({ type: 'keepalive' }) },
    { weight: 1, arbitrary: fc.record({ afi: u16, subtype: u8, safi: u8 }).map((r): Message => ({ type: 'route-refresh', ...r })) },
  )
