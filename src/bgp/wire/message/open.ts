/**
 * OPEN, RFC 4271 §4.2:
 *
 *     Version          1 octet, 4
 *     My AS            2 octets; AS_TRANS where the number needs four (RFC 6793)
 *     Hold Time        2 octets, seconds: 0, or 3 and more
 *     BGP Identifier   4 octets, not 0 (RFC 6286)
 *     Opt Parm Len     1 octet; with a first parameter type of 255 what follows is the longer form of RFC 9072
 *     Parameters       { Type 1 | Length 1 (2 in the longer form) | Value }; type 2 holds capabilities (RFC 5492)
 *
 * Capabilities are sent in one parameter, in the longer form where they need it. Whether the peer's AS and identifier are the right ones is for the session to say.
 */
import type { Ipv4 } from '../../../net/index.ts'
import { type Capability, decodeCapabilities, encodeCapability } from '../capability/index.ts'
import { Reader, Truncated, Writer } from '../cursor.ts'
import { ErrorCode, NO_DATA, OpenError, WireFault } from '../errors.ts'
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
    const data = Uint8Array.of(0, VERSION)
    throw new WireFault(ErrorCode.open, OpenError.unsupportedVersion, `the peer speaks BGP version ${version}`, data, 'Version', 19)
  }
  const myAs = reader.u16()
  const holdTimeSeconds = reader.u16()
  const identifier = reader.ipv4()
  if (holdTimeSeconds === 1 || holdTimeSeconds === 2) {
    throw wrong(OpenError.unacceptableHoldTime, `the peer offers a hold time of ${holdTimeSeconds} s`, 'Hold Time', 22)
  }
  if (identifier === 0) throw wrong(OpenError.badIdentifier, 'the peer’s BGP identifier is 0.0.0.0', 'BGP Identifier', 24)
  try {
    return { type: 'open', myAs, holdTimeSeconds, identifier, capabilities: decodeParameters(reader) }
  } catch (error) {
    if (error instanceof Truncated) {
      const detail = `the optional parameters are malformed: ${error.message}`
      throw wrong(OpenError.unspecific, detail, 'Optional Parameters', reader.position)
    }
    throw error
  }
}

function decodeParameters(reader: Reader): Capability[] {
  let length = reader.u8()
  let extended = false
  // RFC 9072 §2: the type alone tells; a length other than 255 (or 0, which is none at all) is no error.
  if (length !== 0 && reader.remaining > 0 && reader.bytes[reader.position] === EXTENDED) {
    reader.u8()
    length = reader.u16()
    extended = true
  }
  if (length !== reader.remaining) throw new Truncated(`they claim ${length} octets, ${reader.remaining} are there`)
  const capabilities: Capability[] = []
  while (reader.remaining > 0) {
    const at = reader.position
    const type = reader.u8()
    const value = reader.sub(extended ? reader.u16() : reader.u8())
    if (type !== CAPABILITIES_PARAMETER) {
      throw wrong(OpenError.unsupportedParameter, `optional parameter ${type} is unknown`, 'Optional Parameters', at)
    }
    capabilities.push(...decodeCapabilities(value))
  }
  return capabilities
}

export function encodeOpen(message: OpenMessage): Uint8Array {
  const writer = beginMessage(MessageType.open)
  writer.u8(VERSION).u16(message.myAs).u16(message.holdTimeSeconds).u32(message.identifier)
  const capabilities = new Writer()
  for (const capability of message.capabilities) encodeCapability(capabilities, capability)
  const bytes = capabilities.finish()
  if (bytes.length === 0) return finishMessage(writer.u8(0))
  if (bytes.length + 2 < EXTENDED)
    writer
      .u8(bytes.length + 2)
      .u8(CAPABILITIES_PARAMETER)
      .u8(bytes.length)
  else {
    // RFC 9072 §2: 255 where the length stands, 255 where a type stands, then both lengths in two octets.
    writer
      .u8(EXTENDED)
      .u8(EXTENDED)
      .u16(bytes.length + 3)
    writer.u8(CAPABILITIES_PARAMETER).u16(bytes.length)
  }
  return finishMessage(writer.raw(bytes))
}

/** The sender's AS number: its four-octet capability where it has one, else the two-octet field. */
export function asnOf(message: OpenMessage): number {
  for (const capability of message.capabilities) if (capability.type === 'four-octet-as') return capability.asn
  return message.myAs
}

function wrong(subcode: number, detail: string, field: string, offset: number): WireFault {
  return new WireFault(ErrorCode.open, subcode, detail, NO_DATA, field, offset)
}
