/**
 * OPEN, RFC 4271 §4.2:
 *
 *     Version          1 octet, 4
 *     My AS            2 octets; AS_TRANS where the number needs four (RFC 6793)
 *     Hold Time        2 octets, seconds: 0, or 3 and more
 *     BGP Identifier   4 octets, not 0 (RFC 6286)
 *     Opt Parm Len     1 octet; 255 with a first parameter type of 255 is the longer form of RFC 9072
 *     Parameters       { Type 1 | Length 1 (2 in the longer form) | Value }; type 2 holds capabilities (RFC 5492)
 *
 * Capabilities are sent in one parameter. Whether the peer's AS and identifier are the right ones is for the session to say.
 */
import type { Ipv4 } from '../../../net/index.ts'
import { type Capability, decodeCapabilities, encodeCapability } from '../capability/index.ts'
import { Reader, Truncated } from '../cursor.ts'
import { ErrorCode, OpenError, WireFault } from '../errors.ts'
import { beginMessage, finishMessage, HEADER_SIZE, MessageType } from '../header.ts'

export interface OpenMessage {
  readonly type: 'open'
  /** The two-octet field as it is; `asnOf` gives the sender's real number. */
  readonly myAs: number
  readonly holdTimeSeconds: number
  readonly identifier: Ipv4
  readonly capabilities: readonly Capability[]
}

const VERSION = 4
const CAPABILITIES_PARAMETER = 2
const EXTENDED = 255

export function decodeOpen(bytes: Uint8Array): OpenMessage {
  const reader = new Reader(bytes, HEADER_SIZE)
  const version = reader.u8()
  if (version !== VERSION) {
    throw new WireFault(ErrorCode.open, OpenError.unsupportedVersion, `the peer speaks BGP version ${version}`, Uint8Array.of(0, VERSION))
  }
  const myAs = reader.u16()
  const holdTimeSeconds = reader.u16()
  const identifier = reader.ipv4()
  if (holdTimeSeconds === 1 || holdTimeSeconds === 2) {
    throw new WireFault(ErrorCode.open, OpenError.unacceptableHoldTime, `the peer offers a hold time of ${holdTimeSeconds} s`)
  }
  if (identifier === 0) throw new WireFault(ErrorCode.open, OpenError.badIdentifier, 'the peer’s BGP identifier is 0.0.0.0')
  try {
    return { type: 'open', myAs, holdTimeSeconds, identifier, capabilities: decodeParameters(reader) }
  } catch (error) {
    if (error instanceof Truncated) {
      throw new WireFault(ErrorCode.open, OpenError.unspecific, `the optional parameters are malformed: ${error.message}`)
    }
    throw error
  }
}

function decodeParameters(reader: Reader): Capability[] {
  let length = reader.u8()
  let extended = false
  if (length === EXTENDED && reader.remaining > 0 && reader.bytes[reader.position] === EXTENDED) {
    reader.u8()
    length = reader.u16()
    extended = true
  }
  if (length !== reader.remaining) throw new Truncated(`they claim ${length} octets, ${reader.remaining} are there`)
  const capabilities: Capability[] = []
  while (reader.remaining > 0) {
    const type = reader.u8()
    const value = reader.sub(extended ? reader.u16() : reader.u8())
    if (type !== CAPABILITIES_PARAMETER) {
      throw new WireFault(ErrorCode.open, OpenError.unsupportedParameter, `optional parameter ${type} is unknown`)
    }
    capabilities.push(...decodeCapabilities(value))
  }
  return capabilities
}

/** Throws `RangeError` when the capabilities need more than the 255 octets of the short form. */
export function encodeOpen(message: OpenMessage): Uint8Array {
  const writer = beginMessage(MessageType.open)
  writer.u8(VERSION).u16(message.myAs).u16(message.holdTimeSeconds).u32(message.identifier)
  const lengthAt = writer.length
  writer.u8(0)
  if (message.capabilities.length > 0) {
    writer.u8(CAPABILITIES_PARAMETER).u8(0)
    for (const capability of message.capabilities) encodeCapability(writer, capability)
    const length = writer.length - lengthAt - 3
    if (length + 2 > 254) throw new RangeError(`capabilities of ${length} octets do not fit an OPEN`)
    writer.patch8(lengthAt + 2, length)
    writer.patch8(lengthAt, length + 2)
  }
  return finishMessage(writer)
}

/** The sender's AS number: its four-octet capability where it has one, else the two-octet field. */
export function asnOf(message: OpenMessage): number {
  for (const capability of message.capabilities) if (capability.type === 'four-octet-as') return capability.asn
  return message.myAs
}
