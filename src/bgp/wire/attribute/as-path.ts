/**
 * AS_PATH, type 2, well-known mandatory (RFC 4271 §4.3), and AS4_PATH, type 17, optional transitive (RFC 6793 §3): segments, each
 *
 *     Type   1 octet: 1 AS_SET, 2 AS_SEQUENCE, 3 AS_CONFED_SEQUENCE, 4 AS_CONFED_SET (RFC 5065)
 *     Count  1 octet, of AS numbers, 1…255
 *     AS numbers, 2 or 4 octets each; AS4_PATH always 4
 *
 * Confederation segments from an external peer make an AS_PATH malformed (RFC 5065 §5) and are left out of an AS4_PATH (RFC 6793 §6).
 * AS 0 makes either malformed (RFC 7607 §2).
 */

import { AS_TRANS } from '../capability/four-octet-as.ts'
import type { Reader, Writer } from '../cursor.ts'
import { type AttributeAction, AttributeFault, UpdateError } from '../errors.ts'
import { type AttributeCodec, OPTIONAL_TRANSITIVE, WELL_KNOWN } from './codec.ts'

export interface AsSegment {
  readonly kind: 'sequence' | 'set'
  readonly asns: readonly number[]
}

export interface AsPath {
  readonly type: 'as-path'
  readonly segments: readonly AsSegment[]
}

export interface As4Path {
  readonly type: 'as4-path'
  readonly segments: readonly AsSegment[]
}

const AS_SET = 1
const AS_SEQUENCE = 2
const CONFEDERATION = [3, 4]
/** AS numbers in one segment. */
const MOST = 255

export const asPath: AttributeCodec<AsPath> = {
  code: 2,
  flags: WELL_KNOWN,
  decode: (value, context) => ({ type: 'as-path', segments: decodeSegments(value, context.fourOctetAs, 'treat-as-withdraw') }),
  encode: (writer, attribute, context) => encodeSegments(writer, attribute.segments, context.fourOctetAs),
}

export const as4Path: AttributeCodec<As4Path> = {
  code: 17,
  flags: OPTIONAL_TRANSITIVE,
  // RFC 6793 §6: a malformed AS4_PATH is discarded, the AS_PATH is used.
  decode: (value) => ({ type: 'as4-path', segments: decodeSegments(value, true, 'attribute-discard') }),
  encode: (writer, attribute) => encodeSegments(writer, attribute.segments, true),
}

function decodeSegments(value: Reader, fourOctets: boolean, action: AttributeAction): AsSegment[] {
  const size = fourOctets ? 4 : 2
  const segments: AsSegment[] = []
  while (value.remaining > 0) {
    if (value.remaining < 2) throw new AttributeFault(UpdateError.malformedAsPath, 'a segment ends inside its header', action)
    const type = value.u8()
    const count = value.u8()
    const skipped = action === 'attribute-discard' && CONFEDERATION.includes(type)
    if (type !== AS_SET && type !== AS_SEQUENCE && !skipped)
      throw new AttributeFault(UpdateError.malformedAsPath, `segment type ${type}`, action)
    if (count === 0) throw new AttributeFault(UpdateError.malformedAsPath, 'a segment without AS numbers', action)
    if (count * size > value.remaining) {
      throw new AttributeFault(UpdateError.malformedAsPath, `a segment of ${count} AS numbers has ${value.remaining} octets`, action)
    }
    const asns: number[] = []
    for (let i = 0; i < count; i++) {
      const asn = fourOctets ? value.u32() : value.u16()
      if (asn === 0) throw new AttributeFault(UpdateError.malformedAsPath, 'AS 0 in the path (RFC 7607)', action)
      asns.push(asn)
    }
    if (!skipped) segments.push({ kind: type === AS_SET ? 'set' : 'sequence', asns })
  }
  return segments
}

function encodeSegments(writer: Writer, segments: readonly AsSegment[], fourOctets: boolean): void {
  for (const segment of segments)
    for (const { kind, asns } of inSegments(segment)) {
      writer.u8(kind === 'set' ? AS_SET : AS_SEQUENCE).u8(asns.length)
      for (const asn of asns) {
        if (fourOctets) writer.u32(asn)
        else writer.u16(asn > 0xffff ? AS_TRANS : asn)
      }
    }
}

/**
 * RFC 4271 §5.1.2: what does not fit into a segment stands before it in one of its own. Throws `RangeError` for a set that is too large: two sets
 * would count as two.
 */
function inSegments({ kind, asns }: AsSegment): readonly AsSegment[] {
  if (asns.length <= MOST) return [{ kind, asns }]
  if (kind === 'set') throw new RangeError(`an AS_SET of ${asns.length} AS numbers: ${MOST} at most`)
  const first = asns.length % MOST
  const lead = first === 0 ? [] : [{ kind, asns: asns.slice(0, first) }]
  const full = Array.from({ length: Math.floor(asns.length / MOST) }, (_, i) => ({
    kind,
    asns: asns.slice(first + i * MOST, first + (i + 1) * MOST),
  }))
  return [...lead, ...full]
}

/** All AS numbers in order, sets included. */
export function asnsOf(segments: readonly AsSegment[]): number[] {
  return segments.flatMap((segment) => segment.asns)
}

/** RFC 4271 §9.1.2.2 a: a set counts as one. */
export function pathLength(segments: readonly AsSegment[]): number {
  return segments.reduce((sum, segment) => sum + (segment.kind === 'set' ? 1 : segment.asns.length), 0)
}

/**
 * RFC 6793 §4.2.3: the path as it was before a two-octet speaker wrote AS_TRANS into it. AS4_PATH takes the place of its tail; a longer
 * AS4_PATH is ignored.
 */
export function mergeAs4Path(path: readonly AsSegment[], as4: readonly AsSegment[]): readonly AsSegment[] {
  let lead = pathLength(path) - pathLength(as4)
  if (lead < 0) return path
  const merged: AsSegment[] = []
  for (const segment of path) {
    if (lead === 0) break
    const asns = segment.kind === 'set' ? segment.asns : segment.asns.slice(0, lead)
    lead -= segment.kind === 'set' ? 1 : asns.length
    merged.push({ kind: segment.kind, asns })
  }
  const last = merged.at(-1)
  const [first, ...rest] = as4
  if (last?.kind === 'sequence' && first?.kind === 'sequence' && last.asns.length + first.asns.length <= MOST) {
    merged[merged.length - 1] = { kind: 'sequence', asns: [...last.asns, ...first.asns] }
    return [...merged, ...rest]
  }
  return [...merged, ...as4]
}
