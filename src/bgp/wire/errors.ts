/**
 * What is wrong with bytes that a peer sent. An error that ends the session is a `WireError`: the NOTIFICATION that answers it
 * (RFC 4271 §6). An error that an UPDATE survives is an `AttributeError` with what RFC 7606 does about it.
 */

export const NO_DATA = new Uint8Array(0)

/** RFC 4271 §4.5 and §6: the code, subcode and data of the NOTIFICATION to send, and the cause in words. */
export interface WireError {
  readonly code: number
  readonly subcode: number
  readonly data: Uint8Array
  readonly detail: string
  /** The field that is wrong, by its RFC name. */
  readonly field?: string
  /** Where it begins, in octets from the first one of the message's header. */
  readonly offset?: number
}

/** RFC 7606 §2: the routes of the UPDATE count as withdrawn, or only the attribute is left out. */
export type AttributeAction = 'treat-as-withdraw' | 'attribute-discard'

export interface AttributeError {
  readonly action: AttributeAction
  /** The attribute's type code; 0 for the list as a whole. */
  readonly attribute: number
  /** RFC 4271 §6.3: the UPDATE Message Error subcode that it would have been before RFC 7606. */
  readonly subcode: number
  readonly detail: string
  /** The attribute's name. */
  readonly field?: string
  /** Where it begins, in octets from the first one of the message's header. */
  readonly offset?: number
}

/** What is wrong and where, in one line: `NLRI at octet 45: a prefix length of 33`. */
export function explain({ detail, field, offset }: { readonly detail: string; readonly field?: string; readonly offset?: number }): string {
  const place = [...(field === undefined ? [] : [field]), ...(offset === undefined ? [] : [`at octet ${offset}`])].join(' ')
  return place === '' ? detail : `${place}: ${detail}`
}

/** RFC 4271 §4.5, RFC 6608, RFC 7313, RFC 9687. */
export const ErrorCode = { header: 1, open: 2, update: 3, hold: 4, fsm: 5, cease: 6, routeRefresh: 7, sendHold: 8 } as const

export const HeaderError = { notSynchronized: 1, badLength: 2, badType: 3 } as const

export const OpenError = {
  unspecific: 0,
  unsupportedVersion: 1,
  badPeerAs: 2,
  badIdentifier: 3,
  unsupportedParameter: 4,
  unacceptableHoldTime: 6,
  unsupportedCapability: 7,
} as const

export const UpdateError = {
  malformedAttributeList: 1,
  unrecognizedWellKnown: 2,
  missingWellKnown: 3,
  flags: 4,
  length: 5,
  invalidOrigin: 6,
  invalidNextHop: 8,
  optionalAttribute: 9,
  invalidNetworkField: 10,
  malformedAsPath: 11,
} as const

/** RFC 4486. */
export const CeaseReason = {
  maximumPrefixes: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  connectionRejected: 5,
  otherConfigurationChange: 6,
  connectionCollision: 7,
  outOfResources: 8,
} as const

/** Carries a `WireError` out of a decoder; `decode` turns it into a value. */
export class WireFault extends Error {
  override readonly name = 'WireFault'
  readonly error: WireError

  constructor(code: number, subcode: number, detail: string, data: Uint8Array = NO_DATA, field?: string, offset?: number) {
    super(detail)
    const place = { ...(field === undefined ? {} : { field }), ...(offset === undefined ? {} : { offset }) }
    this.error = { code, subcode, data, detail, ...place }
  }
}

/** Carries an `AttributeError` out of one attribute's decoder. */
export class AttributeFault extends Error {
  override readonly name = 'AttributeFault'
  readonly subcode: number
  readonly action: AttributeAction

  constructor(subcode: number, detail: string, action: AttributeAction = 'treat-as-withdraw') {
    super(detail)
    this.subcode = subcode
    this.action = action
  }
}
