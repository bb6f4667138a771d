/**
 * Prefixes, RFC 4271 §4.3; with labels, RFC 8277 §2; with labels and a route distinguisher, RFC 4364 §4.3.4:
 *
 *     Length 1, bits of all that follows | { Label 3 }… | [ Route Distinguisher 8 ] | Prefix
 */
import { formatIpv4 } from '../../../net/index.ts'
import type { Family } from '../../wire/capability/family.ts'
import type { Scope } from '../field.ts'
import { formatIpv6 } from '../format.ts'
import type { RouteParts } from './index.ts'

/** An NLRI that makes no sense, in words. */
export class BadNlri extends Error {
  override readonly name = 'BadNlri'
}

export function prefix(scope: Scope, family: Family): RouteParts {
  return { prefix: address(scope, scope.u8('Length'), family.afi) }
}

export function labeled(scope: Scope, family: Family): RouteParts {
  const { labels, bits } = labelStack(scope)
  return { labels, prefix: address(scope, bits, family.afi) }
}

export function vpn(scope: Scope, family: Family): RouteParts {
  const { labels, bits } = labelStack(scope)
  if (bits < 64) throw new BadNlri('a VPN prefix is too short for its route distinguisher')
  const rd = distinguisher(scope)
  return { rd, labels, prefix: address(scope, bits - 64, family.afi) }
}

/** Until the bottom of the stack, or the value that stands for it in withdrawn routes (RFC 8277 §2.4). */
function labelStack(scope: Scope): { readonly labels: readonly number[]; readonly bits: number } {
  let bits = scope.u8('Length')
  const labels: number[] = []
  for (;;) {
    if (bits < 24) throw new BadNlri(`${bits} bits are too few for a label`)
    const entry = scope.uint('Label', 3, (value) => labelText(value))
    bits -= 24
    labels.push(entry >>> 4)
    if ((entry & 1) !== 0 || entry === 0x800000 || entry === 0) return { labels, bits }
  }
}

function labelText(entry: number): string {
  if (entry === 0x800000 || entry === 0) return 'withdrawn'
  return `${entry >>> 4}${(entry & 1) === 0 ? '' : ', bottom of stack'}`
}

/** `65001:1`, `10.0.0.1:1`: RFC 4364 §4.2. */
export function distinguisher(scope: Scope, name = 'Route Distinguisher'): string {
  const field = scope.open(name, (inner) => {
    const type = inner.u16('Type')
    if (type === 0) return `${inner.u16('Administrator')}:${inner.u32('Assigned Number')}`
    if (type === 1) return `${inner.ipv4('Administrator')}:${inner.u16('Assigned Number')}`
    if (type === 2) return `${inner.u32('Administrator')}:${inner.u16('Assigned Number')}`
    return `type ${type}: ${inner.hex('Value', 6)}`
  })
  field.value = field.text!
  return field.text!
}

/** The octets that `bits` need, as a prefix of the address family; bits beyond it are ignored. */
export function address(scope: Scope, bits: number, afi: number): string {
  const most = afi === 1 ? 32 : 128
  if (bits > most) throw new BadNlri(`a prefix length of ${bits}, ${most} at most`)
  const octets = (bits + 7) >> 3
  const field = scope.open('Prefix', (inner) => {
    const bytes = new Uint8Array(most / 8)
    bytes.set(inner.reader.take(octets))
    if (bits % 8 !== 0) bytes[octets - 1]! &= 0xff << (8 - (bits % 8))
    const [a, b, c, d] = bytes
    return `${afi === 1 ? formatIpv4((a! << 24) | (b! << 16) | (c! << 8) | d!) : formatIpv6(bytes)}/${bits}`
  })
  field.value = field.text!
  delete field.text
  delete field.fields
  return field.value
}
