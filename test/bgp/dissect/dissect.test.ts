import { describe, expect, test } from 'vitest'
import {
  assumed,
  dissect,
  dissectRibEntry,
  type Field,
  formatIpv6,
  hintFor,
  looksExtended,
  looksLikeAddPath,
} from '../../../src/bgp/dissect/index.ts'
import { update } from '../capture/build.ts'
import { goldens } from '../goldens/read.ts'
import { hex, message } from '../wire/hex.ts'
import { ATTRIBUTES, FAMILIES } from './samples.ts'

const PLAIN = assumed({ fourOctetAs: true, addPath: false })
const MANDATORY = '40 01 01 00 | 40 02 00'

/** An UPDATE of these attributes, without IPv4 routes where none are given. */
function updateOf(attributes: string, routes = ''): Uint8Array {
  const bytes = hex(attributes)
  return message(2, `0000 ${bytes.length.toString(16).padStart(4, '0')} ${attributes} ${routes}`)
}

function find(fields: readonly Field[], name: string): Field | undefined {
  for (const field of fields) {
    const found = field.name === name ? field : find(field.fields ?? [], name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Name and text, span included, without the header. */
const outline = (fields: readonly Field[], depth = 0): string[] =>
  fields.flatMap(({ name, at, end, value, text, fields: inner }) => [
    `${'  '.repeat(depth)}${at}–${end} ${name}${value === undefined ? '' : ` ${value}`}${text === undefined ? '' : ` (${text})`}`,
    ...outline(inner ?? [], depth + 1),
  ])

test('every octet of an UPDATE, by the names of RFC 4271 and RFC 7911', () => {
  const {
    fields,
    update: said,
    type,
    text,
  } = dissect(update(3, { fourOctetAs: true, addPath: true }), assumed({ fourOctetAs: true, addPath: true }))
  expect([type, text]).toEqual(['UPDATE', 'announces 10.0.3.0/24'])
  expect(outline(fields)).toEqual([
    '0–16 Marker ffffffffffffffffffffffffffffffff (all ones)',
    '16–18 Length 51',
    '18–19 Type 2 (UPDATE)',
    '19–21 Withdrawn Routes Length 0',
    '21–23 Total Path Attribute Length 20',
    '23–43 Path Attributes',
    '  23–27 ORIGIN (IGP)',
    '    23–24 Attribute Flags 64 (Transitive)',
    '    24–25 Attribute Type Code 1',
    '    25–26 Attribute Length 1',
    '    26–27 Value 0 (IGP)',
    '  27–36 AS_PATH (65001)',
    '    27–28 Attribute Flags 64 (Transitive)',
    '    28–29 Attribute Type Code 2',
    '    29–30 Attribute Length 6',
    '    30–36 Path Segment (AS_SEQUENCE 65001)',
    '      30–31 Path Segment Type 2 (AS_SEQUENCE)',
    '      31–32 Path Segment Length 1',
    '      32–36 AS 65001',
    '  36–43 NEXT_HOP (10.0.0.1)',
    '    36–37 Attribute Flags 64 (Transitive)',
    '    37–38 Attribute Type Code 3',
    '    38–39 Attribute Length 4',
    '    39–43 Value 10.0.0.1',
    '43–51 Network Layer Reachability Information',
    '  43–51 Prefix 10.0.3.0/24 (10.0.3.0/24  path 3)',
    '    43–47 Path Identifier 3',
    '    47–48 Length 24',
    '    48–51 Prefix 10.0.3.0/24',
  ])
  expect(said).toEqual({
    announced: [{ family: 'IPv4 unicast', prefix: '10.0.3.0/24', pathId: 3, nextHop: '10.0.0.1' }],
    withdrawn: [],
    attributes: { ORIGIN: 'IGP', AS_PATH: '65001', NEXT_HOP: '10.0.0.1' },
  })
})

describe('path attributes in words', () => {
  test.each(ATTRIBUTES)('%s is %s %s', (attribute, name, text) => {
    const { fields, problems } = dissect(updateOf(attribute), PLAIN)
    expect(find(fields, name)?.text).toBe(text)
    expect(problems).toEqual([])
  })
})

describe('routes of each family', () => {
  const reach = (afiSafi: string, nextHop: string, nlri: string) => {
    const hop = hex(nextHop).length.toString(16).padStart(2, '0')
    const value = `${afiSafi} ${hop} ${nextHop} 00 ${nlri}`
    return updateOf(`${MANDATORY} 90 0e ${hex(value).length.toString(16).padStart(4, '0')} ${value}`)
  }

  test.each(FAMILIES)('%s', (family, afiSafi, nextHop, nlri, routes) => {
    const { update: said, problems, fields } = dissect(reach(afiSafi, nextHop, nlri), PLAIN)
    expect(problems).toEqual([])
    expect(said?.announced).toMatchObject(routes.map((route) => ({ family, ...route })))
    expect(find(fields, 'Undecoded')).toBeUndefined()
  })

  test.each(FAMILIES)('%s, cut short, is malformed at the place and says so', (_, afiSafi, nextHop, nlri) => {
    const digits = hex(nlri)
    const [problem] = dissect(reach(afiSafi, nextHop, nlri.replace(/[\s|]/g, '').slice(0, -2)), PLAIN).problems
    if (digits.length === 1 || nlri.trim().endsWith('00')) return
    expect(problem).toMatchObject({ code: 3, action: 'session-reset' })
  })

  test('withdrawn with the label that stands for none', () => {
    const { update: said } = dissect(updateOf('80 0f 0a 0001 04 30 800000 0a0102'), PLAIN)
    expect(said?.withdrawn).toEqual([{ family: 'IPv4 labeled unicast', prefix: '10.1.2.0/24', labels: [524288] }])
  })

  test('ADD-PATH is each family’s own', () => {
    const options = { ...PLAIN, addPath: ({ afi }: { readonly afi: number }) => afi === 2 }
    const { update: said } = dissect(reach('0002 01', '20010db8000000000000000000000001', '00000007 20 20010db8'), options)
    expect(said?.announced).toMatchObject([{ prefix: '2001:db8::/32', pathId: 7 }])
  })

  test('of an unknown family the octets', () => {
    expect(find(dissect(reach('00ff 63', '01', 'beef'), PLAIN).fields, 'NLRI (AFI 255 SAFI 99)')?.value).toBe('beef')
  })
})

describe('malformed attributes beyond those of RFC 4271', () => {
  test.each([
    ['ORIGINATOR_ID of 3', '80 09 03 010203', 9, 5, 'treat-as-withdraw', [33, 36]],
    ['LARGE_COMMUNITY of 11 octets', 'c0 20 0b 0000fde9 00000001 000002', 32, 5, 'treat-as-withdraw', [33, 44]],
    ['EXTENDED_COMMUNITIES of 7', 'c0 10 07 0002fde9000000', 16, 5, 'treat-as-withdraw', [33, 40]],
    ['AIGP that claims too much', '80 1a 03 01 00ff', 26, 5, 'attribute-discard', [33, 36]],
    ['OTC with the flags of another kind', '80 23 04 0000fde9', 35, 4, 'treat-as-withdraw', [30, 31]],
    ['PREFIX_SID that ends early', 'c0 28 02 0100', 40, 5, 'attribute-discard', [33, 35]],
  ])('%s', (_, attribute, code, subcode, action, [at, end]) => {
    // With a route: what is wrong beside none may have lost some, and ends the session (RFC 7606 §5.2).
    const { problems } = dissect(updateOf(`${MANDATORY} ${attribute} 40 03 04 0a000001`, '20 0a000001'), PLAIN)
    expect(problems).toMatchObject([{ code: 3, subcode, action, attribute: code, at, end }])
    expect(problems[0]!.data).toBe(attribute.replaceAll(' ', ''))
  })
})

test('of what the speaker keeps as octets the verdict is the dissector’s own, and says so', () => {
  expect(dissect(updateOf(`${MANDATORY} 80 1a 03 01 00ff`), PLAIN).problems).toMatchObject([{ attribute: 26, opaqueToSpeaker: true }])
  expect(dissect(updateOf(`${MANDATORY} 40 06 01 00`), PLAIN).problems[0]).not.toHaveProperty('opaqueToSpeaker')
})

test('an error has its place, its data and its action', () => {
  const bytes = update(1)
  bytes[26] = 7
  expect(dissect(bytes, PLAIN).problems).toEqual([
    {
      code: 3,
      subcode: 6,
      name: 'UPDATE Message Error/Invalid ORIGIN Attribute (3/6)',
      data: '40010107',
      action: 'treat-as-withdraw',
      attribute: 1,
      detail: 'ORIGIN is 7',
      at: 26,
      end: 27,
    },
  ])
})

describe('IPv6 unicast is judged as the speaker judges it, where the session speaks it', () => {
  const reach = (nextHop: string, nlri: string) => {
    const value = `0002 01 ${(nextHop.length / 2).toString(16).padStart(2, '0')} ${nextHop} 00 ${nlri}`.replaceAll(' ', '')
    return updateOf(`${MANDATORY} 80 0e ${(value.length / 2).toString(16).padStart(2, '0')} ${value}`)
  }
  const global = '20010db8000000000000000000000001'

  test.each([
    ['a next hop of 4 octets', reach('0a000001', '20 20010db8'), 'a next hop of 4 octets'],
    ['a prefix length of 129', reach(global, `81 ${global}00`), '129'],
  ])('%s ends the session', (_, bytes, detail) => {
    const [problem, ...others] = dissect(bytes, PLAIN).problems
    expect(problem).toMatchObject({ code: 3, subcode: 9, action: 'session-reset', detail: expect.stringContaining(detail) })
    expect(problem).not.toHaveProperty('opaqueToSpeaker')
    expect(others).toEqual([])
    const without = dissect(bytes, { ...PLAIN, ipv6: false }).problems
    expect(without).toMatchObject([{ code: 3, subcode: 9, opaqueToSpeaker: true }])
  })

  test('path identifiers are read where they are agreed on', () => {
    const bytes = reach(global, '00000007 20 20010db8')
    const options = { ...PLAIN, addPath: ({ afi }: { afi: number }) => afi === 2 }
    expect(dissect(bytes, options)).toMatchObject({ problems: [], update: { announced: [{ prefix: '2001:db8::/32', pathId: 7 }] } })
  })
})

test('the same octets read another way: which flag would help', () => {
  expect(hintFor(update(1), PLAIN)).toBe('four-octet AS numbers')
  expect(hintFor(update(1, { fourOctetAs: false, addPath: false }), PLAIN)).toBe('--asn2')
  expect(hintFor(update(200, { fourOctetAs: true, addPath: true }), PLAIN)).toBe('--add-path')
})

test('no flag helps what is not there, or what is settled', () => {
  const header = Uint8Array.from([...new Array<number>(16).fill(255), 5001 >> 8, 5001 & 255, 2])
  expect(hintFor(header, PLAIN)).toBeUndefined()
  expect(hintFor(header, assumed({ fourOctetAs: true, addPath: false, extendedMessages: true }))).toBeUndefined()
  expect(hintFor(update(1, { fourOctetAs: false, addPath: false }), PLAIN, () => PLAIN)).toBeUndefined()
})

describe('messages of more than 4096 octets (RFC 8654)', () => {
  const extended = assumed({ fourOctetAs: true, addPath: false, extendedMessages: true })
  const header = (length: number, type: number) => Uint8Array.from([...new Array<number>(16).fill(255), length >> 8, length & 255, type])

  test.each([2, 3, 5])('type %i may have them where the session agreed on it', (type) => {
    expect(looksExtended(header(5000, type), PLAIN)).toBe(true)
    expect(looksExtended(header(5000, type), extended)).toBe(false)
    expect(looksExtended(header(5000, type), PLAIN, () => PLAIN)).toBe(false)
  })

  test.each([
    [5000, 1],
    [5000, 4],
    [5000, 9],
    [18, 2],
    [100, 2],
  ])('a header of %i octets and type %i is not at fault for that', (length, type) => {
    expect(looksExtended(header(length, type), PLAIN)).toBe(false)
  })

  test('of a message that claims more octets than there are only the header is judged', () => {
    expect(dissect(header(5000, 2), extended).problems).toEqual([])
    expect(dissect(header(100, 2), PLAIN).problems).toEqual([])
    expect(dissect(header(5000, 2), PLAIN).problems).toMatchObject([{ code: 1, subcode: 2 }])
    expect(dissect(header(5000, 9), extended).problems).toMatchObject([{ code: 1, subcode: 3 }])
  })
})

test('path identifiers that pass for default routes raise a doubt', () => {
  const bytes = update(1, { fourOctetAs: true, addPath: true })
  expect(dissect(bytes, PLAIN).problems).toEqual([])
  expect(looksLikeAddPath(dissect(bytes, PLAIN), bytes)).toBe(true)
  expect(looksLikeAddPath(dissect(update(1), PLAIN), update(1))).toBe(false)
})

test('attributes inside attributes are read as deep as networks have them, and no deeper', () => {
  const nested = (depth: number) => {
    const headers = Array.from({ length: depth }, (_, i) => `d080${(8 * (depth - i) - 4).toString(16).padStart(4, '0')}0000fde9`)
    return headers.join('')
  }
  const extended = assumed({ fourOctetAs: true, addPath: false, extendedMessages: true })
  const depths = (fields: readonly Field[]): number => {
    const inner = fields.map((each) => (each.fields === undefined ? 0 : depths(each.fields)))
    return Math.max(0, ...inner) + (fields.some((each) => each.name === 'ATTR_SET') ? 1 : 0)
  }
  for (const [depth, seen] of [
    [2, 2],
    [9, 9],
    [10, 9],
    [8000, 9],
  ] as const) {
    const { problems, fields } = dissect(updateOf(nested(depth)), extended)
    expect(problems).toEqual([])
    expect(depths(fields)).toBe(seen)
  }
})

describe('other messages', () => {
  test('an OPEN with capabilities of every kind, in the long form of RFC 9072', () => {
    const capabilities =
      '01 04 00010001 | 41 04 0000fde9 | 45 08 00010103 00020102 | 40 06 c078 00010180 | 47 07 00010180 000e10 | 05 06 000100010002 | 06 00 | 09 01 04 | 46 00 | 49 06 02 6131 02 6c62 | 4b 03 02 7631 | 02 01 ff | 63 02 beef'
    const length = hex(capabilities).length
    const u16 = (value: number) => value.toString(16).padStart(4, '0')
    const {
      open: said,
      problems,
      text,
    } = dissect(message(1, `04 fde9 00b4 01020304 ff ff ${u16(length + 3)} 02 ${u16(length)} ${capabilities}`), PLAIN)
    expect(problems).toEqual([])
    expect(text).toBe('AS 65001, identifier 1.2.3.4, hold time 180 s')
    expect(said).toMatchObject({
      asn: 65001,
      capabilities: [
        { name: 'Multiprotocol Extensions', value: 'IPv4 unicast' },
        { name: 'Four-octet AS Number', value: 65001 },
        {
          value: [
            { family: 'IPv4 unicast', mode: 'send and receive' },
            { family: 'IPv6 unicast', mode: 'send' },
          ],
        },
        {
          value: {
            restartTime: 120,
            flags: ['restarting', 'NOTIFICATION'],
            families: [{ family: 'IPv4 unicast', flags: ['forwarding kept'] }],
          },
        },
        { value: [{ family: 'IPv4 unicast', flags: ['forwarding kept'], staleTime: 3600 }] },
        { value: ['IPv4 unicast via IPv6'] },
        { name: 'Extended Message' },
        { value: 'Peer' },
        { name: 'Enhanced Route Refresh' },
        { value: 'a1.lb' },
        { value: 'v1' },
        { name: 'Route Refresh', value: 'ff' },
        { name: 'Capability 99', value: 'beef' },
      ],
    })
  })

  test.each([
    ['0602 05 6279 65 21 21', 'Cease/Administrative Shutdown (6/2): “bye!!”'],
    ['0609 0604', 'Cease/Hard Reset (6/9): Cease/Administrative Reset (6/4)'],
    ['0601 0001 01 00000064', 'Cease/Maximum Number of Prefixes Reached (6/1): IPv4 unicast, 100 at most'],
    ['0102 1388', 'Message Header Error/Bad Message Length (1/2): length 5000'],
    ['0201 0004', 'OPEN Message Error/Unsupported Version Number (2/1): version 4 is the highest supported'],
    ['0306 40010107', 'UPDATE Message Error/Invalid ORIGIN Attribute (3/6): data 40010107'],
    ['0400', 'Hold Timer Expired (4/0)'],
  ])('NOTIFICATION %s', (body, text) => {
    expect(dissect(message(3, body), PLAIN)).toMatchObject({ type: 'NOTIFICATION', text, problems: [] })
  })

  test('ROUTE-REFRESH, KEEPALIVE and End-of-RIB', () => {
    expect(dissect(message(5, '0001 01 01'), PLAIN).text).toBe('beginning of route refresh, IPv4 unicast')
    expect(dissect(message(4, ''), PLAIN)).toMatchObject({ type: 'KEEPALIVE', length: 19, problems: [] })
    expect(dissect(message(2, '0000 0000'), PLAIN).text).toBe('End-of-RIB, IPv4 unicast')
    expect(dissect(updateOf('80 0f 03 0002 01'), PLAIN).text).toBe('End-of-RIB, IPv6 unicast')
  })

  test('an extended message is sound where both have RFC 8654, and an OPEN is never one', () => {
    const long = message(3, `0602${'00'.repeat(5000)}`)
    expect(dissect(long, PLAIN).problems).toMatchObject([{ code: 1, subcode: 2, data: '139d', at: 16, end: 18 }])
    expect(dissect(long, { ...PLAIN, extendedMessages: true }).problems).toEqual([])
    const opening = message(1, `04 fde9 00b4 01020304 00${'00'.repeat(5000)}`)
    expect(dissect(opening, { ...PLAIN, extendedMessages: true }).problems).toMatchObject([{ code: 1, subcode: 2 }])
  })
})

describe('what daemons sent', () => {
  test.each(goldens())('$version, ADD-PATH $addPath', ({ addPath, messages }) => {
    const options = assumed({ fourOctetAs: true, addPath })
    for (const each of messages) expect(dissect(hex(each), options).problems).toEqual([])
    expect(dissect(hex(messages[0]!), PLAIN)).toMatchObject({ type: 'OPEN', open: { asn: 65002 } })
  })
})

describe('routes of a dump (RFC 6396 §4.3.4)', () => {
  const entry = (attributes: string, fourOctetAs = true) => {
    const bytes = hex(`ff ff ${attributes} ff`)
    return dissectRibEntry(bytes, 2, bytes.length - 1, { afi: 2, safi: 1 }, fourOctetAs)
  }

  test('the next hop alone, or all of MP_REACH_NLRI as some collectors have it', () => {
    const short = '80 0e 11 10 20010db8000000000000000000000001'
    const whole = '80 0e 1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8'
    for (const reach of [short, whole]) {
      const { attributes, problems, field } = entry(`${MANDATORY} ${reach}`)
      expect(problems).toEqual([])
      expect(attributes).toMatchObject({ ORIGIN: 'IGP', MP_REACH_NLRI: { family: 'IPv6 unicast', nextHop: '2001:db8::1' } })
      expect(field.at).toBe(2)
    }
  })

  test('what the collector wrote of its own routes is no error: a next hop of 0.0.0.0 (FRR, OpenBGPD), no flags (BIRD)', () => {
    expect(entry(`${MANDATORY} 40 03 04 00000000`).problems).toEqual([])
    expect(entry(`${MANDATORY} 00 03 04 0a00010d 00 05 04 00000064`).problems).toEqual([])
    expect(entry(`${MANDATORY} 40 03 04 e0000001`).problems).toMatchObject([{ subcode: 8 }])
    expect(entry(`${MANDATORY} c0 03 04 0a00010d`).problems).toMatchObject([{ subcode: 4 }])
    expect(dissect(updateOf(`${MANDATORY} 40 03 04 00000000`, '20 0a000001'), PLAIN).problems).toMatchObject([{ subcode: 8 }])
  })

  test('what is malformed has the speaker’s action', () => {
    expect(entry('40 01 01 07').problems).toMatchObject([{ code: 3, subcode: 6, action: 'treat-as-withdraw', at: 5, end: 6 }])
    expect(entry('40 02 04 02 01 fde9').problems).toMatchObject([{ subcode: 11 }])
    expect(entry('40 02 04 02 01 fde9', false).problems).toEqual([])
  })
})

test.each([
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['20010000000000010000000000000001', '2001:0:0:1::1'],
  ['fe800000000000000000000000000000', 'fe80::'],
])('RFC 5952: %s is %s', (digits, text) => {
  expect(formatIpv6(hex(digits))).toBe(text)
})
