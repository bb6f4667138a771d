/**
 * Extended communities, RFC 4360 §2, and their registries at IANA: Type 1 | Sub-Type 1 | Value 6. In words as routers print them:
 * `rt:65001:100`, `soo:10.0.0.1:5`, `color:100`, `encapsulation:VXLAN`; what is unknown as `0x0a0b:…`.
 */
import type { Scope } from '../field.ts'
import { TUNNEL_TYPES } from '../names.ts'

/** Of the transitive and non-transitive types with an AS number or address: RFC 7153. */
const SUBTYPES: Readonly<Record<number, string>> = {
  2: 'rt',
  3: 'soo',
  4: 'link-bandwidth',
  5: 'ospf-domain',
  8: 'bgp-data-collection',
  9: 'source-as',
  10: 'l2vpn-id',
  11: 'vrf-route-import',
}

export function extendedCommunity(scope: Scope, name: string): string {
  const field = scope.open(name, (inner) => {
    const type = inner.u8('Type', (value) => ((value & 0x40) === 0 ? 'transitive' : 'non-transitive'))
    const subtype = inner.u8('Sub-Type')
    return read(inner, type, subtype)
  })
  return field.text!
}

function read(scope: Scope, type: number, subtype: number): string {
  const known = SUBTYPES[subtype]
  if (type === 0x40 && subtype === 4) return `link-bandwidth:${scope.u16('AS')}:${scope.float32('Bandwidth')} B/s`
  switch (type) {
    case 0x00:
    case 0x40:
      if (known !== undefined) return `${known}:${scope.u16('Global Administrator')}:${scope.u32('Local Administrator')}`
      break
    case 0x01:
    case 0x41:
      if (known !== undefined) return `${known}:${scope.ipv4('Global Administrator')}:${scope.u16('Local Administrator')}`
      break
    case 0x02:
    case 0x42:
      if (known !== undefined) return `${known}:${scope.u32('Global Administrator')}:${scope.u16('Local Administrator')}`
      break
    case 0x03:
    case 0x43:
      return opaque(scope, type, subtype)
    case 0x06:
      return evpn(scope, subtype)
    case 0x80:
      return flow(scope, subtype)
  }
  return unknown(scope, type, subtype)
}

function opaque(scope: Scope, type: number, subtype: number): string {
  if (type === 0x43 && subtype === 0) {
    scope.hex('Reserved', 5)
    return `origin-validation:${['valid', 'not-found', 'invalid'][scope.u8('Validation State')] ?? 'unknown'}`
  }
  if (subtype === 0x0b) {
    const flags = scope.u16('Flags')
    return `color:${scope.u32('Color')}${flags === 0 ? '' : `, flags 0x${flags.toString(16)}`}`
  }
  if (subtype === 0x0c) {
    scope.hex('Reserved', 4)
    const tunnel = scope.u16('Tunnel Type', (value) => TUNNEL_TYPES[value])
    return `encapsulation:${TUNNEL_TYPES[tunnel] ?? tunnel}`
  }
  if (subtype === 0x0d) {
    scope.hex('Reserved', 6)
    return 'default-gateway'
  }
  return unknown(scope, type, subtype)
}

/** RFC 7432 §7 and RFC 9135. */
function evpn(scope: Scope, subtype: number): string {
  switch (subtype) {
    case 0: {
      const flags = scope.u8('Flags')
      scope.u8('Reserved')
      return `mac-mobility:${scope.u32('Sequence Number')}${(flags & 1) === 0 ? '' : ', sticky'}`
    }
    case 1: {
      const flags = scope.u8('Flags')
      scope.u16('Reserved')
      const label = scope.uint('ESI Label', 3)
      return `esi-label:${label >>> 4}, ${(flags & 1) === 0 ? 'all-active' : 'single-active'}`
    }
    case 2:
      return `es-import:${scope.mac('ES-Import')}`
    case 3:
      return `router-mac:${scope.mac("Router's MAC")}`
    default:
      return unknown(scope, 6, subtype)
  }
}

/** RFC 8955 §7. */
function flow(scope: Scope, subtype: number): string {
  switch (subtype) {
    case 6:
      return `traffic-rate:${scope.u16('AS')}:${scope.float32('Rate')} B/s`
    case 7: {
      scope.hex('Reserved', 5)
      const bits = scope.u8('Traffic Action')
      return `traffic-action:${[...((bits & 1) === 0 ? [] : ['terminal']), ...((bits & 2) === 0 ? [] : ['sample'])].join(',')}`
    }
    case 8:
      return `redirect:${scope.u16('AS')}:${scope.u32('Local Administrator')}`
    case 9:
      scope.hex('Reserved', 5)
      return `traffic-marking:DSCP ${scope.u8('DSCP') & 0x3f}`
    default:
      return unknown(scope, 0x80, subtype)
  }
}

function unknown(scope: Scope, type: number, subtype: number): string {
  return `0x${((type << 8) | subtype).toString(16).padStart(4, '0')}:${scope.hex('Value', 6)}`
}

/** RFC 5701 §2: Type 1 | Sub-Type 1 | IPv6 address 16 | Local Administrator 2. */
export function ipv6ExtendedCommunity(scope: Scope): string {
  const field = scope.open('IPv6 Extended Community', (inner) => {
    const type = inner.u8('Type')
    const subtype = inner.u8('Sub-Type')
    const name = SUBTYPES[subtype] ?? `0x${((type << 8) | subtype).toString(16).padStart(4, '0')}`
    return `${name}:[${inner.ipv6('Global Administrator')}]:${inner.u16('Local Administrator')}`
  })
  return field.text!
}
