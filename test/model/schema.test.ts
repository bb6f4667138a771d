import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addressRange,
  asn,
  boolean,
  check,
  choose,
  durationValue,
  editDistance,
  formatDiagnostic,
  inRange,
  ipv4Address,
  ipv4Prefix,
  list,
  nearest,
  number,
  object,
  oneOf,
  optional,
  parseAddressRange,
  readDocuments,
  record,
  refine,
  type Schema,
  string,
  withDefault,
} from '../../src/model/index.ts'

const peer = object({ ip: ipv4Address, asn, controlPlaneNodes: optional(list(ipv4Address)) })
const spec = object({ name: string(), mode: withDefault(oneOf('bundled', 'manual'), 'bundled'), peers: list(peer, { min: 1 }) })

const say = (schema: Schema<unknown>, text: string) =>
  check(schema, readDocuments('f.yaml', text).documents[0]!).diagnostics.map(formatDiagnostic)

describe('check', () => {
  test('gives a typed value, defaults filled in, nulls taken as absent', () => {
    const text = 'name: bm\npeers:\n- ip: 10.8.0.10\n  asn: 65002\n  controlPlaneNodes:\n'
    const { value, diagnostics } = check(spec, readDocuments('f.yaml', text).documents[0]!)
    expect(diagnostics).toEqual([])
    expect(value).toEqual({ name: 'bm', mode: 'bundled', peers: [{ ip: '10.8.0.10', asn: 65002 }] })
    const first: number | undefined = value?.peers[0]?.asn
    expect(first).toBe(65002)
  })

  test('gives every error at once, each with its place and its cure', () => {
    const text = 'nmae: bm\nmode: bundeld\npeers:\n- ip: 10.8.0.300\n  asn: "65002"\n- asn: 0\n  ipp: 1\n'
    expect(say(spec, text)).toEqual([
      'f.yaml:1:1: error: `name` is missing; add name: a string',
      'f.yaml:1:1: error: nmae: unknown field; did you mean name?',
      'f.yaml:2:7: error: mode: "bundeld" is not bundled or manual; did you mean bundled?',
      'f.yaml:4:7: error: peers[0].ip: "10.8.0.300" is not an IPv4 address',
      'f.yaml:5:8: error: peers[0].asn: expected an AS number from 1 to 4294967295, found the string "65002"; write it without quotes: 65002',
      'f.yaml:6:3: error: peers[1]: `ip` is missing; add ip: an IPv4 address',
      'f.yaml:6:8: error: peers[1].asn: 0 is not an AS number from 1 to 4294967295',
      'f.yaml:7:3: error: peers[1].ipp: unknown field; did you mean ip?',
    ])
  })

  test('what is partial keeps the indexes of the file', () => {
    const text = 'name: bm\npeers:\n- nonsense\n- ip: 10.8.0.10\n  asn: x\n'
    const { value, partial } = check(spec, readDocuments('f.yaml', text).documents[0]!)
    expect(value).toBeUndefined()
    expect(partial).toEqual({ name: 'bm', mode: 'bundled', peers: [undefined, { ip: '10.8.0.10' }] })
  })

  test('open objects keep what they do not know; near misses are told where asked for', () => {
    expect(say(object({ a: number() }, { open: true }), 'a: 1\nother: {deep: [1]}\n')).toEqual([])
    const near = object({ bgpPeers: optional(list(string())), type: string() }, { open: 'near-misses' })
    expect(say(near, 'type: bgp\nbgpPeer: []\nports: {}\n')).toEqual([
      'f.yaml:2:1: warning: bgpPeer: unknown field; did you mean bgpPeers?',
    ])
  })

  test('mistakes known by name get their own words', () => {
    const schema = object(
      { ip: ipv4Address },
      { known: [{ field: /password/i, finding: { code: 'md5-unsupported', message: 'no MD5 (R7)' } }] },
    )
    const { diagnostics } = check(schema, readDocuments('f.yaml', 'ip: 10.0.0.1\nauthPassword: x\n').documents[0]!)
    expect(diagnostics).toMatchObject([{ code: 'md5-unsupported', line: 2, column: 1, path: 'authPassword' }])
  })

  test('records, choices and refinements', () => {
    const router = choose<unknown>('a router', (v) =>
      typeof v === 'string' ? oneOf('frr', 'gobgp') : object({ kind: oneOf('frr', 'gobgp') }),
    )
    const schema = record(router, { pattern: /^[a-z0-9-]+$/, expects: 'a device name' })
    expect(say(schema, 'tor1: frr\ntor2: {kind: gobpg}\nTor3: frr\n')).toEqual([
      'f.yaml:2:14: error: tor2.kind: "gobpg" is not frr or gobgp; did you mean gobgp?',
      'f.yaml:3:1: error: Tor3: "Tor3" is not a device name',
    ])
    const even = refine(number(), (n) => (n % 2 === 0 ? undefined : { code: 'odd', message: `${n} is odd` }))
    expect(say(object({ n: even }), 'n: 3\n')).toEqual(['f.yaml:1:4: error: n: 3 is odd'])
  })
})

describe('single values', () => {
  test.each<[Schema<unknown>, string, RegExp]>([
    [ipv4Address, 'v: fe80::1', /IPv6.*R7/],
    [ipv4Address, 'v: 10.0.0.1/24', /without the prefix length: 10\.0\.0\.1$/],
    [ipv4Address, 'v: 10.00.0.01', /did you mean 10\.0\.0\.1\?/],
    [ipv4Address, 'v: 10.5', /found the number 10\.5/],
    [ipv4Prefix(), 'v: 10.0.1.7/24', /host bits; did you mean 10\.0\.1\.0\/24\?/],
    [ipv4Prefix(), 'v: 10.0.1.0', /add a prefix length/],
    [addressRange, 'v: 10.0.0.4-10.0.0.1', /did you mean 10\.0\.0\.1-10\.0\.0\.4\?/],
    [addressRange, 'v: 2001:db8::/64', /R7/],
    [boolean, 'v: "true"', /write true without quotes/],
    [string(), 'v: 12', /write it in quotes: "12"/],
    [number({ min: 1, max: 8 }), 'v: 9', /9 is not a whole number from 1 to 8/],
    [durationValue, 'v: 15', /add its unit: 15s/],
    [list(string()), 'v: one', /put `- ` before it/],
  ])('%o refuses %s', (schema, text, expected) => {
    const said = say(object({ v: schema }), text)
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(expected)
  })

  test('a range holds its ends and nothing beyond, also above 127.255.255.255', () => {
    const range = parseAddressRange('127.255.255.254-128.0.0.1')!
    expect(inRange(range, range.first) && inRange(range, range.last)).toBe(true)
    expect(inRange(range, (range.last + 1) | 0)).toBe(false)
    expect(parseAddressRange('10.0.0.0/30')).toMatchObject({ first: 0x0a000000, last: 0x0a000003 })
  })
})

describe('AS numbers', () => {
  const of = (text: string) =>
    check(asn, readDocuments('f.yaml', text).documents[0]!).diagnostics.map(({ message, suggestion }) => [message, suggestion])

  test.each(['1.10', '"1.10"', '1.0'])('%s is asdot: said as it is written, with what it is in asplain', (text) => {
    const written = text.replaceAll('"', '')
    const meant = written === '1.10' ? 65546 : 65536
    expect(of(text)).toEqual([
      [`${written} is not an AS number from 1 to 4294967295`, `write it in asplain (RFC 5396): asdot ${written} is ${meant}`],
    ])
  })

  test('what is neither is said as it is written, too', () => {
    expect(of('70000.10')).toEqual([['70000.10 is not an AS number from 1 to 4294967295', undefined]])
    expect(of('0.0')).toEqual([['0.0 is not an AS number from 1 to 4294967295', undefined]])
  })
})

describe('nearest', () => {
  test('swaps count once, case and separators not at all', () => {
    expect(editDistance('ipaddr', 'ipadrd')).toBe(1)
    expect(nearest('local_asn', ['localASN', 'peers'])).toBe('localASN')
    expect(nearest('zzz', ['localASN', 'peers'])).toBeUndefined()
  })

  test('is a distance: symmetric, and zero only for equals', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b) === 0).toBe(a === b)
      }),
    )
  })
})

test('whatever the text is, reading and checking it never throws', () => {
  const piece = fc.constantFrom(
    'name: ',
    'peers:',
    '\n',
    '- ',
    '  ',
    'ip: 10.0.0.1',
    '\t',
    '...',
    '---',
    '&a ',
    '*a',
    '{',
    ']',
    '"',
    '|',
    ':',
    'asn: 1',
    '<<: ',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const { documents } = readDocuments('f.yaml', pieces.join(''))
      for (const document of documents) for (const d of check(spec, document).diagnostics) expect(d.line).toBeGreaterThan(0)
    }),
    { numRuns: 500 },
  )
})
