/**
 * BGP4MP, RFC 6396 §4.4 and RFC 8050 §3: a message that a collector received or sent (`_LOCAL`), or a session's change of state.
 *
 *     Peer AS 2 or 4 | Local AS 2 or 4 | Interface Index 2 | AFI 2 | Peer IP | Local IP | message, or old and new state 2 each
 *
 * The subtype tells what the OPENs settled: `_AS4` four-octet AS numbers, `_ADDPATH` path identifiers.
 */
import { formatIpv4 } from '../../net/index.ts'
import { type Assumptions, assumed, formatIpv6 } from '../dissect/index.ts'
import { Reader, Truncated } from '../wire/cursor.ts'
import type { Item } from './item.ts'
import { MessageCutter } from './messages.ts'
import { type MrtRecord, recordPlace, unreadable } from './mrt.ts'

interface Subtype {
  readonly as4: boolean
  readonly local?: true
  readonly addPath?: true
  readonly state?: true
}

const SUBTYPES: Readonly<Record<number, Subtype>> = {
  0: { as4: false, state: true },
  1: { as4: false },
  4: { as4: true },
  5: { as4: true, state: true },
  6: { as4: false, local: true },
  7: { as4: true, local: true },
  8: { as4: false, addPath: true },
  9: { as4: true, addPath: true },
  10: { as4: false, local: true, addPath: true },
  11: { as4: true, local: true, addPath: true },
}

const STATES = ['0', 'Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established']

export function* bgp4mp(record: MrtRecord, assumptions: Assumptions): Generator<Item> {
  const subtype = SUBTYPES[record.subtype]
  if (subtype === undefined) {
    yield unreadable(record, `BGP4MP subtype ${record.subtype} is not read`)
    return
  }
  try {
    yield* read(record, subtype, assumptions)
  } catch (error) {
    if (!(error instanceof Truncated)) throw error
    yield unreadable(record, `the record is too short for its fields: ${error.message}`)
  }
}

function* read(record: MrtRecord, subtype: Subtype, assumptions: Assumptions): Generator<Item> {
  const reader = new Reader(record.bytes, record.at)
  const asn = () => (subtype.as4 ? reader.u32() : reader.u16())
  const [peerAsn, localAsn] = [asn(), asn()]
  reader.u16()
  const afi = reader.u16()
  if (afi !== 1 && afi !== 2) {
    yield unreadable(record, `addresses of family ${afi}`)
    return
  }
  const address = () => (afi === 1 ? formatIpv4(reader.ipv4()) : formatIpv6(reader.take(16)))
  const [peer, local] = [address(), address()]
  const ends = subtype.local
    ? { from: local, to: peer, fromAsn: localAsn, toAsn: peerAsn }
    : { from: peer, to: local, fromAsn: peerAsn, toAsn: localAsn }
  const place = { ...recordPlace(record), ...ends }
  if (subtype.state) {
    const [from, to] = [reader.u16(), reader.u16()]
    const name = (state: number) => STATES[state] ?? String(state)
    const json = { oldState: name(from), newState: name(to) }
    yield { kind: 'record', place, type: 'STATE_CHANGE', text: `${name(from)} → ${name(to)}`, json }
    return
  }
  // The record is as long as the message; whether the session had RFC 8654 the collector does not say.
  const addPath = subtype.addPath === true || assumptions.addPath
  const options = assumed({ fourOctetAs: subtype.as4, addPath, extendedMessages: true })
  const cutter = new MessageCutter<undefined>(() => true)
  const bytes = record.bytes.subarray(reader.position)
  if (bytes.length === 0) yield unreadable(record, 'the record has no message')
  for (const cut of [...cutter.push(bytes, undefined), ...cutter.end(undefined)]) {
    if (cut.kind === 'message') {
      const { bytes, missing } = cut
      yield { kind: 'message', place, bytes, options, optionsKnown: true, optionsUnder: () => options, missing }
    } else {
      const text = `${cut.octets} octets that are no message: Message Header Error/Connection Not Synchronized (1/1)`
      yield { kind: 'gap', place, reason: 'not-synchronized', text, bytes: cut.bytes, malformed: true }
    }
  }
}
