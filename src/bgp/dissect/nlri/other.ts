/** NLRI with a shape of their own, each named by the RFC of its function. */
import type { Family } from '../../wire/capability/family.ts'
import { extendedCommunity } from '../attribute/extended-community.ts'
import type { Scope } from '../field.ts'
import type { RouteParts } from './index.ts'
import { BadNlri, distinguisher } from './prefix.ts'

/** Route target membership, RFC 4684 §4: Length 1, bits | Origin AS 4 | Route Target, up to 8. */
export function routeTarget(scope: Scope): RouteParts {
  const bits = scope.u8('Length')
  if (bits === 0) return { prefix: 'default' }
  if (bits < 32 || bits > 96) throw new BadNlri(`a route target membership of ${bits} bits`)
  const asn = scope.u32('Origin AS')
  if (bits === 96) return { prefix: `${asn}:${extendedCommunity(scope, 'Route Target')}/96` }
  const octets = (bits - 32 + 7) >> 3
  return { prefix: `${asn}:${octets === 0 ? '*' : scope.hex('Route Target', octets)}/${bits}` }
}

const LINK_STATE_TYPES: Readonly<Record<number, string>> = { 1: 'Node', 2: 'Link', 3: 'IPv4 Topology Prefix', 4: 'IPv6 Topology Prefix' }
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'IS-IS level 1',
  2: 'IS-IS level 2',
  3: 'OSPFv2',
  4: 'direct',
  5: 'static',
  6: 'OSPFv3',
  7: 'BGP',
}

/** Link state, RFC 9552 §5.2: Type 2 | Length 2 | Protocol-ID 1 | Identifier 8 | descriptors as TLVs. */
export function linkState(scope: Scope): RouteParts {
  const type = scope.u16('NLRI Type', (value) => LINK_STATE_TYPES[value])
  const length = scope.u16('Total NLRI Length')
  let text = LINK_STATE_TYPES[type] ?? `type ${type}`
  scope.group(text, length, (inner) => {
    if (LINK_STATE_TYPES[type] === undefined) {
      inner.rest('Value')
      return undefined
    }
    const protocol = inner.u8('Protocol-ID', (value) => PROTOCOLS[value])
    text += ` ${PROTOCOLS[protocol] ?? `protocol ${protocol}`} ${inner.u64('Identifier')}`
    while (inner.remaining > 0) tlv(inner, 2, 'Descriptor')
    return undefined
  })
  return { prefix: text }
}

/** Multicast VPN, RFC 6514 §4: Route Type 1 | Length 1 | value. */
export function mvpn(scope: Scope): RouteParts {
  const type = scope.u8('Route Type')
  const octets = scope.u8('Length')
  return { prefix: `[${type}] ${scope.hex('Value', octets)}` }
}

/** VPLS, RFC 4761 §3.2.2: Length 2 | RD 8 | VE ID 2 | VE Block Offset 2 | VE Block Size 2 | Label Base 3. */
export function vpls(scope: Scope): RouteParts {
  const octets = scope.u16('Length')
  let parts: RouteParts = { prefix: '' }
  scope.group('VPLS', octets, (inner) => {
    const rd = distinguisher(inner)
    const id = inner.u16('VE ID')
    if (inner.remaining === 0) {
      parts = { rd, prefix: `VE ${id}` }
      return undefined
    }
    const [offset, size] = [inner.u16('VE Block Offset'), inner.u16('VE Block Size')]
    parts = { rd, prefix: `VE ${id}, block ${offset}+${size}`, labels: [inner.uint('Label Base', 3) >>> 4] }
    return undefined
  })
  return parts
}

/** SR policy, RFC 9830 §2.1: Length 1, bits | Distinguisher 4 | Color 4 | Endpoint 4 or 16. */
export function srPolicy(scope: Scope, family: Family): RouteParts {
  const bits = scope.u8('NLRI Length')
  if (bits !== (family.afi === 1 ? 96 : 192)) throw new BadNlri(`an SR policy of ${bits} bits`)
  const [id, color] = [scope.u32('Distinguisher'), scope.u32('Policy Color')]
  return { prefix: `[${id}][${color}][${scope.address('Endpoint', family.afi === 1 ? 4 : 16)}]` }
}

/** Type 2 | Length 1 or 2 | Value, kept as octets. */
export function tlv(scope: Scope, lengthOctets: number, name: string, known?: Readonly<Record<number, string>>): void {
  scope.open(name, (inner) => {
    const type = inner.uint('Type', 2)
    const value = inner.hex('Value', inner.uint('Length', lengthOctets))
    for (const each of inner.fields) each.minor = true
    return `${known?.[type] ?? `type ${type}`}: ${value}`
  })
}
