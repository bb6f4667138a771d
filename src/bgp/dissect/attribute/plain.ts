/** Attributes of one number or address. */
import { UpdateError } from '../../wire/errors.ts'
import type { ReadAttribute, Told } from './index.ts'

const ORIGINS = ['IGP', 'EGP', 'INCOMPLETE']

/** RFC 4271 §4.3: 1 octet. */
export const origin: ReadAttribute = (scope, _, malformed) => {
  if (scope.remaining !== 1) return wrongLength(scope.remaining, 1, malformed)
  const value = scope.u8('Value', (octet) => ORIGINS[octet])
  scope.minor()
  const name = ORIGINS[value]
  if (name === undefined) malformed(`ORIGIN is ${value}`, UpdateError.invalidOrigin)
  return told(name ?? value)
}

/** RFC 4271 §4.3: 4 octets; 0.0.0.0/8 and 224.0.0.0/3 are no host's address (§6.3). */
export const nextHop: ReadAttribute = (scope, _, malformed) => {
  if (scope.remaining !== 4) return wrongLength(scope.remaining, 4, malformed)
  const first = scope.peek()!
  const value = scope.ipv4('Value')
  scope.minor()
  if (first === 0 || first >= 224) malformed(`NEXT_HOP ${value} is no host’s address`, UpdateError.invalidNextHop)
  return told(value)
}

/** MULTI_EXIT_DISC and LOCAL_PREF, RFC 4271 §4.3: 4 octets. */
export const number: ReadAttribute = (scope, _, malformed) => {
  if (scope.remaining !== 4) return wrongLength(scope.remaining, 4, malformed)
  const value = scope.u32('Value')
  scope.minor()
  return told(value)
}

export const otc: ReadAttribute = (scope, _, malformed) => {
  if (scope.remaining !== 4) return wrongLength(scope.remaining, 4, malformed)
  const value = scope.u32('ASN')
  scope.minor()
  return { value, text: `AS ${value}` }
}

export const address: ReadAttribute = (scope, _, malformed) => {
  if (scope.remaining !== 4) return wrongLength(scope.remaining, 4, malformed)
  const value = scope.ipv4('Value')
  scope.minor()
  return told(value)
}

export const atomicAggregate: ReadAttribute = (scope, _, malformed) => {
  if (scope.remaining !== 0) return wrongLength(scope.remaining, 0, malformed)
  return { value: true, text: 'set' }
}

export function told(value: string | number): Told {
  return { value, text: String(value) }
}

export function wrongLength(octets: number, wanted: number, malformed: (detail: string) => void): Told {
  malformed(`${octets} octets in place of ${wanted}`)
  return { value: null, text: 'malformed' }
}
