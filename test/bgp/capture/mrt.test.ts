import { describe, expect, test } from 'vitest'
import { formatOf } from '../../../src/bgp/capture/index.ts'
import { bgp4mpHead, concat, mrt, u16, u32, update } from './build.ts'
import { read, told } from './read.ts'

const BGP4MP = 16
const BGP4MP_ET = 17
const TABLE_DUMP_V2 = 13

describe('BGP4MP (RFC 6396 §4.4, RFC 8050 §3)', () => {
  const subtypes: [string, number, { as4: boolean; addPath?: true; local?: true }][] = [
    ['MESSAGE', 1, { as4: false }],
    ['MESSAGE_AS4', 4, { as4: true }],
    ['MESSAGE_LOCAL', 6, { as4: false, local: true }],
    ['MESSAGE_AS4_LOCAL', 7, { as4: true, local: true }],
    ['MESSAGE_ADDPATH', 8, { as4: false, addPath: true }],
    ['MESSAGE_AS4_ADDPATH', 9, { as4: true, addPath: true }],
    ['MESSAGE_LOCAL_ADDPATH', 10, { as4: false, local: true, addPath: true }],
    ['MESSAGE_AS4_LOCAL_ADDPATH', 11, { as4: true, local: true, addPath: true }],
  ]

  test.each(subtypes)('%s', (_, subtype, { as4, addPath = false, local }) => {
    const message = update(5, { fourOctetAs: as4, addPath })
    const file = mrt(BGP4MP, subtype, concat(bgp4mpHead({ as4 }), message))
    expect(formatOf(file)).toBe('mrt')
    const items = read('mrt', file, { piece: 9 })
    expect(told(items)).toEqual([`UPDATE 10.0.5.0/24${addPath ? ' path 5' : ''}`])
    const peer = { from: '10.0.0.1', fromAsn: 65001, to: '10.0.0.2', toAsn: 65002 }
    const ours = { from: '10.0.0.2', fromAsn: 65002, to: '10.0.0.1', toAsn: 65001 }
    expect(items[0]).toMatchObject({ optionsKnown: true, place: { record: 1, offset: 0, ...(local ? ours : peer) } })
  })

  test('microseconds, IPv6 addresses and changes of state', () => {
    const state = (subtype: number, as4: boolean) => mrt(BGP4MP, subtype, concat(bgp4mpHead({ as4 }), u16(5), u16(6)))
    const items = read(
      'mrt',
      concat(mrt(BGP4MP_ET, 4, concat(u32(123456), bgp4mpHead({ v6: true }), update(1))), state(0, false), state(5, true)),
    )
    expect(told(items)).toEqual(['UPDATE 10.0.1.0/24', 'STATE_CHANGE OpenConfirm → Established', 'STATE_CHANGE OpenConfirm → Established'])
    expect(items[0]!.place).toMatchObject({ time: { seconds: 1_700_000_000, nanoseconds: 123_456_000, digits: 6 }, from: '2001:db8::1' })
  })

  test('what is wrong with a record does not end the file', () => {
    const good = mrt(BGP4MP, 4, concat(bgp4mpHead(), update(2)))
    const cases: [Uint8Array, string[]][] = [
      [mrt(BGP4MP, 4, [1, 2, 3]), ['unreadable']],
      [mrt(BGP4MP, 3, [1, 2, 3]), ['unreadable']],
      [mrt(BGP4MP, 4, bgp4mpHead()), ['unreadable']],
      [mrt(BGP4MP, 4, concat(bgp4mpHead(), update(2).subarray(0, 40))), ['UPDATE without 7 octets']],
      [mrt(BGP4MP, 4, concat(bgp4mpHead(), new Uint8Array(30))), ['not-synchronized']],
      [mrt(11, 0, [1, 2, 3]), ['unsupported']],
      [new Uint8Array(50).fill(0xee), ['unreadable']],
    ]
    for (const [bad, said] of cases) {
      expect(told(read('mrt', concat(good, bad, good)))).toEqual(['UPDATE 10.0.2.0/24', ...said, 'UPDATE 10.0.2.0/24'])
    }
    expect(told(read('mrt', concat(good, good.subarray(0, 20))))).toEqual(['UPDATE 10.0.2.0/24', 'truncated'])
  })
})

describe('TABLE_DUMP_V2 (RFC 6396 §4.3, RFC 8050 §4)', () => {
  const ORIGIN = [0x40, 1, 1, 0]
  const PATH = [0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9]
  const index = mrt(
    TABLE_DUMP_V2,
    1,
    concat(
      [10, 0, 0, 9],
      u16(4),
      new TextEncoder().encode('view'),
      u16(2),
      [2, 1, 1, 1, 1, 10, 0, 0, 1],
      u32(65001),
      [1, 2, 2, 2, 2],
      new Uint8Array(15),
      [1],
      u16(65002),
    ),
  )
  const entry = (peer: number, attributes: number[], pathId?: number) =>
    concat(u16(peer), u32(1_600_000_000), pathId === undefined ? [] : u32(pathId), u16(attributes.length), attributes)
  const rib = (subtype: number, nlri: number[], ...entries: Uint8Array[]) =>
    mrt(TABLE_DUMP_V2, subtype, concat(u32(0), nlri, u16(entries.length), ...entries))
  const hop6 = [0x80, 14, 17, 16, ...new Array<number>(15).fill(0), 9]

  test('an index of peers, and routes of both families with their peers', () => {
    const file = concat(
      index,
      rib(2, [24, 10, 1, 2], entry(0, [...ORIGIN, ...PATH, 0x40, 3, 4, 10, 0, 0, 1]), entry(1, [...ORIGIN, ...PATH])),
      rib(4, [32, 0x20, 1, 0x0d, 0xb8], entry(1, [...ORIGIN, ...PATH, ...hop6])),
    )
    expect(formatOf(file)).toBe('mrt')
    const items = read('mrt', file)
    expect(told(items)).toEqual([
      'PEER_INDEX_TABLE 2 peers of 10.0.0.9, view view',
      'RIB 10.1.2.0/24',
      'RIB 10.1.2.0/24',
      'RIB 2001:db8::/32',
    ])
    expect(items[0]).toMatchObject({
      json: {
        peers: [
          { address: '10.0.0.1', asn: 65001, identifier: '1.1.1.1' },
          { address: '::1', asn: 65002, identifier: '2.2.2.2' },
        ],
      },
    })
    expect(items[3]).toMatchObject({ place: { record: 3, from: '::1', fromAsn: 65002 }, peer: { asn: 65002 } })
  })

  test('path identifiers; of RIB_GENERIC_ADDPATH where the RFC has them and where GoBGP and OpenBGPD write them', () => {
    const generic = [...u16(1), 1]
    const file = concat(
      index,
      rib(8, [24, 10, 1, 2], entry(0, ORIGIN, 7)),
      rib(6, [...generic, 24, 10, 1, 2], entry(0, ORIGIN)),
      rib(12, [...generic, 24, 10, 1, 2], entry(0, ORIGIN, 8), entry(1, ORIGIN, 9)),
      rib(12, [...generic, ...u32(5), 24, 10, 1, 2], entry(0, ORIGIN)),
    )
    expect(told(read('mrt', file)).slice(1)).toEqual([
      'RIB 10.1.2.0/24 path 7',
      'RIB 10.1.2.0/24',
      'RIB 10.1.2.0/24 path 8',
      'RIB 10.1.2.0/24 path 9',
      'RIB 10.1.2.0/24 path 5',
    ])
  })

  test('the older TABLE_DUMP', () => {
    const head = concat(u16(0), u16(1), [10, 1, 2, 0], [24, 1], u32(1_600_000_000), [10, 0, 0, 1], u16(65001), u16(ORIGIN.length), ORIGIN)
    expect(told(read('mrt', mrt(12, 1, head)))).toEqual(['RIB 10.1.2.0/24'])
    expect(told(read('mrt', mrt(12, 1, [1, 2])))).toEqual(['unreadable'])
  })

  test('records that end early', () => {
    expect(told(read('mrt', concat(index, rib(2, [24, 10, 1, 2], u16(0) as unknown as Uint8Array), rib(2, [99]))))).toEqual([
      expect.stringContaining('PEER_INDEX_TABLE'),
      'unreadable',
      'unreadable',
    ])
  })
})
