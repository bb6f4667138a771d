/**
 * EVPN, RFC 7432 §7 and RFC 9136: Route Type 1 | Length 1 | by type. A route reads as routers print it: `[2]:[0]:[48]:[00:00:5e:…]`.
 */
import type { Scope } from '../field.ts'
import type { RouteParts } from './index.ts'
import { distinguisher } from './prefix.ts'

const TYPES: Readonly<Record<number, string>> = {
  1: 'Ethernet Auto-Discovery',
  2: 'MAC/IP Advertisement',
  3: 'Inclusive Multicast Ethernet Tag',
  4: 'Ethernet Segment',
  5: 'IP Prefix',
  6: 'Selective Multicast Ethernet Tag',
  7: 'Multicast Membership Report Synch',
  8: 'Multicast Leave Synch',
}

export function evpn(scope: Scope): RouteParts {
  const type = scope.u8('Route Type', (value) => TYPES[value])
  const length = scope.u8('Length')
  let parts: RouteParts = { prefix: `[${type}]` }
  scope.group(TYPES[type] ?? 'Route', length, (inner) => {
    if (TYPES[type] === undefined || type > 5) {
      inner.rest('Value')
      return undefined
    }
    const rd = distinguisher(inner)
    parts = { rd, ...READ[type]!(inner) }
    inner.rest('Undecoded')
    return undefined
  })
  return parts
}

type Read = (scope: Scope) => Omit<RouteParts, 'rd'>

const esi = (scope: Scope) => scope.hex('Ethernet Segment Identifier', 10)
const tag = (scope: Scope) => scope.u32('Ethernet Tag ID')
/** VXLAN writes its 24-bit VNI where MPLS has label, class and bottom of stack; which one it is the encapsulation says. */
const label = (scope: Scope, name: string) => scope.uint(name, 3, (value) => `label ${value >>> 4} or VNI ${value}`)

function ip(scope: Scope, bits: number, name = 'IP Address'): string {
  return scope.address(name, bits / 8)
}

const READ: Readonly<Record<number, Read>> = {
  1(scope) {
    const segment = esi(scope)
    return { prefix: `[1]:[${tag(scope)}]:[${segment}]`, labels: [label(scope, 'MPLS Label')] }
  },
  2(scope) {
    esi(scope)
    const ethernetTag = tag(scope)
    const macBits = scope.u8('MAC Address Length')
    const mac = scope.mac('MAC Address')
    const ipBits = scope.u8('IP Address Length')
    const host = ipBits === 0 ? '' : `:[${ipBits}]:[${ip(scope, ipBits)}]`
    const labels = [label(scope, 'MPLS Label1')]
    if (scope.remaining >= 3) labels.push(label(scope, 'MPLS Label2'))
    return { prefix: `[2]:[${ethernetTag}]:[${macBits}]:[${mac}]${host}`, labels }
  },
  3(scope) {
    const ethernetTag = tag(scope)
    const bits = scope.u8('IP Address Length')
    return { prefix: `[3]:[${ethernetTag}]:[${bits}]:[${ip(scope, bits, "Originating Router's IP Address")}]` }
  },
  4(scope) {
    const segment = esi(scope)
    const bits = scope.u8('IP Address Length')
    return { prefix: `[4]:[${segment}]:[${bits}]:[${ip(scope, bits, "Originating Router's IP Address")}]` }
  },
  5(scope) {
    const octets = scope.end - scope.at > 30 ? 16 : 4
    esi(scope)
    const ethernetTag = tag(scope)
    const bits = scope.u8('IP Prefix Length')
    const network = scope.address('IP Prefix', octets)
    scope.address('GW IP Address', octets)
    return { prefix: `[5]:[${ethernetTag}]:[${bits}]:[${network}]`, labels: [label(scope, 'MPLS Label')] }
  },
}
