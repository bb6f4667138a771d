/**
 * Tables, RFC 6396 §4.2 and §4.3, RFC 8050 §4: each record one prefix with its routes, whose peers an index before them names.
 *
 *     PEER_INDEX_TABLE  Collector BGP ID 4 | View Name Length 2 | View Name | Peer Count 2 | { Type 1 | BGP ID 4 | IP | AS }…
 *     RIB_*             Sequence Number 4 | NLRI | Entry Count 2 | { Peer Index 2 | Originated 4 | [ Path ID 4 ] | Length 2 | attributes }…
 *     RIB_GENERIC       Sequence Number 4 | AFI 2 | SAFI 1 | NLRI | as above
 */
import { formatIpv4, prefixOf } from '../../net/index.ts'
import { familyName, formatIpv6, readRoute } from '../dissect/index.ts'
import type { Family } from '../wire/capability/family.ts'
import { Reader, Truncated } from '../wire/cursor.ts'
import type { Item } from './item.ts'
import { type MrtRecord, recordPlace, unreadable } from './mrt.ts'

interface Peer {
  readonly address: string
  readonly asn: number
  readonly identifier: string
}

/** What later records of a table refer to. */
export interface Dump {
  peers: readonly Peer[]
}

export function newDump(): Dump {
  return { peers: [] }
}

const PEER_INDEX_TABLE = 1
const GENERIC = 6
const GENERIC_ADD_PATH = 12
const RIBS: Readonly<Record<number, { readonly afi: number; readonly safi: number; readonly addPath?: true }>> = {
  2: { afi: 1, safi: 1 },
  3: { afi: 1, safi: 2 },
  4: { afi: 2, safi: 1 },
  5: { afi: 2, safi: 2 },
  8: { afi: 1, safi: 1, addPath: true },
  9: { afi: 1, safi: 2, addPath: true },
  10: { afi: 2, safi: 1, addPath: true },
  11: { afi: 2, safi: 2, addPath: true },
}

export function* tableDumpV2(record: MrtRecord, dump: Dump): Generator<Item> {
  try {
    const reader = new Reader(record.bytes, record.at)
    if (record.subtype === PEER_INDEX_TABLE) yield peerIndex(record, reader, dump)
    else if (RIBS[record.subtype] !== undefined || record.subtype === GENERIC || record.subtype === GENERIC_ADD_PATH)
      yield* rib(record, reader, dump)
    else yield unreadable(record, `TABLE_DUMP_V2 subtype ${record.subtype} is not read`)
  } catch (error) {
    if (!(error instanceof Truncated)) throw error
    yield unreadable(record, `the record is too short for its fields: ${error.message}`)
  }
}

function peerIndex(record: MrtRecord, reader: Reader, dump: Dump): Item {
  const collector = formatIpv4(reader.ipv4())
  const view = new TextDecoder().decode(reader.take(reader.u16()))
  const peers: Peer[] = []
  for (let left = reader.u16(); left > 0; left--) {
    const type = reader.u8()
    const identifier = formatIpv4(reader.ipv4())
    const address = (type & 1) === 0 ? formatIpv4(reader.ipv4()) : formatIpv6(reader.take(16))
    peers.push({ address, asn: (type & 2) === 0 ? reader.u16() : reader.u32(), identifier })
  }
  dump.peers = peers
  const json = { collector, view, peers: peers.map((peer) => ({ ...peer })) }
  const text = `${peers.length} peers of ${collector}${view === '' ? '' : `, view ${view}`}`
  return { kind: 'record', place: recordPlace(record), type: 'PEER_INDEX_TABLE', text, json }
}

function* rib(record: MrtRecord, reader: Reader, dump: Dump): Generator<Item> {
  reader.u32()
  const known = RIBS[record.subtype]
  const family = known ?? { afi: reader.u16(), safi: reader.u8() }
  if (record.subtype !== GENERIC_ADD_PATH) {
    yield* entries(record, reader, dump, family, known?.addPath === true)
    return
  }
  // RFC 8050 §4.1 has the path identifier before the NLRI; GoBGP and OpenBGPD write one into each entry. What fits the record is it.
  const start = reader.position
  const there = [...fitting(record, new Reader(record.bytes, start), dump, family, true)]
  if (there.length > 0) {
    yield* there
    return
  }
  const pathId = reader.u32()
  for (const item of entries(record, reader, dump, family, false)) yield item.kind === 'route' ? { ...item, pathId } : item
}

/** The entries, if they end where the record does; else nothing. */
function fitting(record: MrtRecord, reader: Reader, dump: Dump, family: Family, addPath: boolean): Item[] {
  try {
    const items = [...entries(record, reader, dump, family, addPath)]
    return reader.remaining === 0 ? items : []
  } catch (error) {
    if (!(error instanceof Truncated)) throw error
    return []
  }
}

function* entries(record: MrtRecord, reader: Reader, dump: Dump, family: Family, addPath: boolean): Generator<Item> {
  const route = readRoute(record.bytes, reader.position, family)
  if (route === undefined) {
    yield unreadable(record, `the record has no NLRI of ${familyName(family)} that can be read`)
    return
  }
  reader.position = route.end
  for (let left = reader.u16(); left > 0; left--) {
    const index = reader.u16()
    const seconds = reader.u32()
    const pathId = addPath ? reader.u32() : undefined
    const length = reader.u16()
    const at = reader.position
    reader.take(length)
    const peer = dump.peers[index]
    yield {
      kind: 'route',
      place: { ...recordPlace(record), ...(peer && { from: peer.address, fromAsn: peer.asn }) },
      bytes: record.bytes,
      at,
      end: reader.position,
      family,
      fourOctetAs: true,
      prefix: route.prefix,
      ...(pathId !== undefined && { pathId }),
      peer,
      originated: { seconds, nanoseconds: 0, digits: 0 },
    }
  }
}

/**
 * TABLE_DUMP, §4.2: View Number 2 | Sequence Number 2 | Prefix 4 or 16 | Prefix Length 1 | Status 1 | Originated 4 | Peer IP | Peer AS 2 |
 * Attribute Length 2 | attributes. The subtype is the AFI.
 */
export function* tableDump(record: MrtRecord): Generator<Item> {
  const afi = record.subtype
  if (afi !== 1 && afi !== 2) {
    yield unreadable(record, `TABLE_DUMP of address family ${afi}`)
    return
  }
  try {
    const reader = new Reader(record.bytes, record.at)
    reader.u32()
    const network = afi === 1 ? reader.ipv4() : reader.take(16)
    const bits = reader.u8()
    reader.u8()
    const seconds = reader.u32()
    const address = afi === 1 ? formatIpv4(reader.ipv4()) : formatIpv6(reader.take(16))
    const asn = reader.u16()
    const length = reader.u16()
    const at = reader.position
    reader.take(length)
    const text = typeof network === 'number' ? formatIpv4(prefixOf(network, Math.min(bits, 32)).address) : formatIpv6(network)
    yield {
      kind: 'route',
      place: { ...recordPlace(record), from: address, fromAsn: asn },
      bytes: record.bytes,
      at,
      end: reader.position,
      family: { afi, safi: 1 },
      fourOctetAs: false,
      prefix: `${text}/${bits}`,
      peer: { address, asn },
      originated: { seconds, nanoseconds: 0, digits: 0 },
    }
  } catch (error) {
    if (!(error instanceof Truncated)) throw error
    yield unreadable(record, `the record is too short for its fields: ${error.message}`)
  }
}
