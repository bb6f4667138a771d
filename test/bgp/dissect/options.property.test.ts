import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dissect, negotiatedOptions, type Offer } from '../../../src/bgp/dissect/index.ts'
import { assumed, codecContext } from '../../../src/bgp/dissect/options.ts'
import { contextOf, negotiate, type OpenConfig, openOf } from '../../../src/bgp/negotiation.ts'
import { asnOf, type Capability, decodeMessage, encodeMessage, PLAIN } from '../../../src/bgp/wire/index.ts'

const PLAIN_OPTIONS = assumed({ fourOctetAs: true, addPath: false })
const modes = fc.record({ send: fc.boolean(), receive: fc.boolean() })
const families = fc.constantFrom(['ipv4'] as const, ['ipv6'] as const, ['ipv4', 'ipv6'] as const)
const ours = fc.record({ addPath: modes, addPathIpv6: modes, families, extendedMessages: fc.boolean() })

const family = fc.constantFrom({ afi: 1, safi: 1 }, { afi: 2, safi: 1 }, { afi: 1, safi: 2 })
/** Those that the reading of later messages depends on, and the same with values that make no sense. */
const theirs = fc.oneof(
  family.map((one): Capability => ({ type: 'multiprotocol', ...one })),
  fc.constantFrom<Capability>({ type: 'four-octet-as', asn: 65002 }, { type: 'extended-message' }),
  fc
    .array(
      fc.tuple(family, modes).map(([one, mode]) => ({ ...one, ...mode })),
      { maxLength: 3 },
    )
    .map((list): Capability => ({ type: 'add-path', families: list })),
  fc
    .record({ code: fc.constantFrom(1, 6, 65, 69), value: fc.uint8Array({ minLength: 1, maxLength: 3 }) })
    .map((one): Capability => ({ type: 'unknown', ...one })),
)

function offerOf(open: Uint8Array): Offer {
  const { offer, problems } = dissect(open, PLAIN_OPTIONS)
  expect(problems).toEqual([])
  return offer!
}

test('two OPENs settle the same for the dissector as for the speaker', () => {
  fc.assert(
    fc.property(ours, fc.array(theirs, { maxLength: 6 }), (own, capabilities) => {
      const base = { localAsn: 65001, routerId: 0x0a000001, holdTimeSeconds: 9, keepaliveSeconds: 3, enhancedRouteRefresh: false }
      const open = encodeMessage({ type: 'open', myAs: 65002, holdTimeSeconds: 9, identifier: 0x0a000002, capabilities }, PLAIN)
      const decoded = decodeMessage({ type: 1, bytes: open }, PLAIN)
      if (!decoded.ok || decoded.message.type !== 'open') throw new Error('the OPEN is not read')
      const config: OpenConfig = { ...base, ...own, peerAsn: asnOf(decoded.message) }
      const negotiated = negotiate(config, decoded.message)
      fc.pre(!('code' in negotiated))
      const from = offerOf(open)
      const to = offerOf(encodeMessage(openOf(config), PLAIN))
      // What nothing settles must not matter: both OPENs are there.
      for (const guess of [true, false]) {
        const options = negotiatedOptions(from, to, { fourOctetAs: guess, addPath: guess, extendedMessages: guess })
        expect(codecContext(options)).toEqual(contextOf(negotiated, 'receive'))
        expect(options.extendedMessages).toBe(negotiated.extendedMessages)
        const back = negotiatedOptions(to, from, { fourOctetAs: guess, addPath: guess, extendedMessages: guess })
        expect(codecContext(back)).toEqual({ ...contextOf(negotiated, 'send'), maxMessageSize: undefined })
      }
    }),
    { numRuns: 1000 },
  )
})
