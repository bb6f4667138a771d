/** Path attributes and NLRI in GoBGP's notation: `[{Origin: i} 4273481990 {Nexthop: 21.0.101.64}]` (R40). Pure. */
import type { wire } from '../../bgp/index.ts'
import { formatIpv4, formatPrefix } from '../../net/index.ts'

/** A full table in one line helps nobody. */
const SHOWN = 20

const ORIGIN = { igp: 'i', egp: 'e', incomplete: '?' } as const

export function announcedAttributes(localAsn: number, nextHop: number): string {
  return `[{Origin: i} ${localAsn} {Nexthop: ${formatIpv4(nextHop)}}]`
}

export function attributesText(attributes: readonly wire.Attribute[]): string {
  return `[${attributes.map(attributeText).join(' ')}]`
}

function attributeText(attribute: wire.Attribute): string {
  switch (attribute.type) {
    case 'origin':
      return `{Origin: ${ORIGIN[attribute.value]}}`
    case 'as-path':
      return segmentsText(attribute.segments)
    case 'as4-path':
      return `{As4Path: ${segmentsText(attribute.segments)}}`
    case 'next-hop':
      return `{Nexthop: ${formatIpv4(attribute.address)}}`
    case 'multi-exit-disc':
      return `{Med: ${attribute.value}}`
    case 'local-pref':
      return `{LocalPref: ${attribute.value}}`
    case 'atomic-aggregate':
      return '{AtomicAggregate}'
    case 'communities':
      return `{Communities: ${attribute.values.map((value) => `${value >>> 16}:${value & 0xffff}`).join(', ')}}`
    default:
      return `{${attribute.type}}`
  }
}

function segmentsText(segments: readonly wire.AsSegment[]): string {
  return segments.map(({ kind, asns }) => (kind === 'set' ? `{${asns.join(',')}}` : asns.join(' '))).join(' ')
}

export function nlriText(routes: readonly wire.Nlri[]): string {
  const more = routes.length > SHOWN ? [`and ${routes.length - SHOWN} more`] : []
  return `[${[...routes.slice(0, SHOWN).map(formatPrefix), ...more].join(' ')}]`
}
