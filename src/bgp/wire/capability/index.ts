/**
 * Capabilities, RFC 5492 §4, each:
 *
 *     Code  1 octet | Length  1 octet | Value
 *
 * One file per capability. What is unknown here, or known with a value that makes no sense, is kept as it came: RFC 5492 §3 has a
 * speaker ignore it, and a reader of logs wants to see it.
 */
import { type Reader, Truncated, type Writer } from '../cursor.ts'
import { ADD_PATH, type AddPath, decodeAddPath, encodeAddPath } from './add-path.ts'
import {
  decodeEnhancedRouteRefresh,
  decodeExtendedMessage,
  ENHANCED_ROUTE_REFRESH,
  type EnhancedRouteRefresh,
  EXTENDED_MESSAGE,
  type ExtendedMessage,
} from './bare.ts'
import { decodeFourOctetAs, encodeFourOctetAs, FOUR_OCTET_AS, type FourOctetAs } from './four-octet-as.ts'
import { decodeGracefulRestart, encodeGracefulRestart, GRACEFUL_RESTART, type GracefulRestart } from './graceful-restart.ts'
import { decodeMultiprotocol, encodeMultiprotocol, MULTIPROTOCOL, type Multiprotocol } from './multiprotocol.ts'
import { decodeRouteRefreshCapability, ROUTE_REFRESH, type RouteRefreshCapability } from './route-refresh.ts'

export interface UnknownCapability {
  readonly type: 'unknown'
  readonly code: number
  readonly value: Uint8Array
}

export type Capability =
  | Multiprotocol
  | RouteRefreshCapability
  | FourOctetAs
  | AddPath
  | GracefulRestart
  | ExtendedMessage
  | EnhancedRouteRefresh
  | UnknownCapability

const DECODERS: Readonly<Record<number, (value: Reader) => Capability | undefined>> = {
  [MULTIPROTOCOL]: decodeMultiprotocol,
  [ROUTE_REFRESH]: decodeRouteRefreshCapability,
  [FOUR_OCTET_AS]: decodeFourOctetAs,
  [ADD_PATH]: decodeAddPath,
  [GRACEFUL_RESTART]: decodeGracefulRestart,
  [EXTENDED_MESSAGE]: decodeExtendedMessage,
  [ENHANCED_ROUTE_REFRESH]: decodeEnhancedRouteRefresh,
}

/** Reads one capabilities parameter to its end; throws `Truncated` when a capability is longer than it. */
export function decodeCapabilities(reader: Reader): Capability[] {
  const list: Capability[] = []
  while (reader.remaining > 0) {
    if (reader.remaining < 2) throw new Truncated('a capability ends inside its header')
    const code = reader.u8()
    const length = reader.u8()
    const value = reader.sub(length)
    const start = value.position
    const known = DECODERS[code]?.(value)
    list.push(known ?? { type: 'unknown', code, value: reader.bytes.slice(start, start + length) })
  }
  return list
}

/** Throws `RangeError` for one that is too long: a code may come in several. */
export function encodeCapability(writer: Writer, capability: Capability): void {
  writer.u8(codeOf(capability))
  const lengthAt = writer.length
  writer.u8(0)
  switch (capability.type) {
    case 'multiprotocol':
      encodeMultiprotocol(writer, capability)
      break
    case 'four-octet-as':
      encodeFourOctetAs(writer, capability)
      break
    case 'add-path':
      encodeAddPath(writer, capability)
      break
    case 'graceful-restart':
      encodeGracefulRestart(writer, capability)
      break
    case 'unknown':
      writer.raw(capability.value)
      break
    case 'route-refresh':
    case 'extended-message':
    case 'enhanced-route-refresh':
      break
  }
  const length = writer.length - lengthAt - 1
  if (length > 0xff) throw new RangeError(`a capability ${codeOf(capability)} of ${length} octets; 255 at most (RFC 5492 §4)`)
  writer.patch8(lengthAt, length)
}

function codeOf(capability: Capability): number {
  switch (capability.type) {
    case 'multiprotocol':
      return MULTIPROTOCOL
    case 'route-refresh':
      return ROUTE_REFRESH
    case 'four-octet-as':
      return FOUR_OCTET_AS
    case 'add-path':
      return ADD_PATH
    case 'graceful-restart':
      return GRACEFUL_RESTART
    case 'extended-message':
      return EXTENDED_MESSAGE
    case 'enhanced-route-refresh':
      return ENHANCED_ROUTE_REFRESH
    case 'unknown':
      return capability.code
  }
}
