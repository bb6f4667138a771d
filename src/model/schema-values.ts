/** Schemas of single values: words, numbers, addresses, ranges, AS numbers, durations. */
import { compareIpv4, formatIpv4, formatPrefix, type Ipv4, maskOf, parseIpv4, parsePrefix } from '../net/index.ts'
import { nearest } from './nearest.ts'
import { INVALID, type Schema, wrongType } from './schema.ts'
import { duration, type Micros } from './time.ts'

export interface StringOptions {
  readonly pattern?: RegExp
  /** In words, for messages: `a device name (a–z, 0–9, -)`. */
  readonly expects?: string
}

/** Text that is not empty. A number or boolean in its place is told to be quoted. */
export function string(options: StringOptions = {}): Schema<string> {
  const { pattern, expects = 'a string' } = options
  return {
    expects,
    read(value, place) {
      if (typeof value === 'number' || typeof value === 'boolean') return wrongType(place, expects, value, `write it in quotes: "${value}"`)
      if (typeof value !== 'string') return wrongType(place, expects, value)
      if (value !== '' && (pattern === undefined || pattern.test(value))) return value
      place.report({
        code: 'bad-value',
        message: `${JSON.stringify(value)} is not ${expects === 'a string' ? 'a name: it is empty' : expects}`,
      })
      return INVALID
    },
  }
}

export interface NumberOptions {
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
  readonly expects?: string
}

/** A number; whole unless `integer: false`. */
export function number(options: NumberOptions = {}): Schema<number> {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = true } = options
  const kind = integer ? 'a whole number' : 'a number'
  const span = Number.isFinite(min) ? (Number.isFinite(max) ? ` from ${min} to ${max}` : ` of at least ${min}`) : ''
  const expects = options.expects ?? `${kind}${span}`
  return {
    expects,
    read(value, place) {
      if (typeof value === 'string' && /^\d+$/.test(value)) return wrongType(place, expects, value, `write it without quotes: ${value}`)
      if (typeof value !== 'number') return wrongType(place, expects, value)
      if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value
      place.report({ code: 'out-of-range', message: `${place.written() ?? value} is not ${expects}` })
      return INVALID
    },
  }
}

export const boolean: Schema<boolean> = {
  expects: 'true or false',
  read(value, place) {
    if (typeof value === 'boolean') return value
    const plain = typeof value === 'string' && /^(?:true|yes|on)$/i.test(value) ? 'true' : 'false'
    return wrongType(place, 'true or false', value, typeof value === 'string' ? `write ${plain} without quotes` : undefined)
  },
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): Schema<W> {
  const expects = words.length === 1 ? `\`${words[0]}\`` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  return {
    expects,
    read(value, place) {
      if (typeof value !== 'string') return wrongType(place, expects, value)
      const word = words.find((each) => each === value)
      if (word !== undefined) return word
      const meant = nearest(value, words)
      place.report({
        code: 'bad-value',
        message: `${JSON.stringify(value)} is not ${expects}`,
        suggestion: meant === undefined ? undefined : `did you mean ${meant}?`,
      })
      return INVALID
    },
  }
}

const asplain: Schema<number> = number({ min: 1, max: 4294967295, expects: 'an AS number from 1 to 4294967295' })

/** RFC 6793: four octets; 0 is reserved (RFC 7607). In asplain (RFC 5396): YAML takes asdot for a fraction, in which 1.10 is 1.1. */
export const asn: Schema<number> = {
  ...asplain,
  read(value, place) {
    const text = typeof value === 'number' ? (place.written() ?? `${value}`) : value
    const meant = typeof text === 'string' ? fromAsdot(text) : undefined
    if (meant === undefined) return asplain.read(value, place)
    place.report({
      code: 'out-of-range',
      message: `${text} is not ${asplain.expects}`,
      suggestion: `write it in asplain (RFC 5396): asdot ${text} is ${meant}`,
    })
    return INVALID
  },
}

function fromAsdot(text: string): number | undefined {
  const [high, low] = /^(\d{1,5})\.(\d{1,5})$/.exec(text)?.slice(1).map(Number) ?? []
  if (high === undefined || low === undefined || high > 0xffff || low > 0xffff) return undefined
  return high * 0x10000 + low || undefined
}

/** An IPv4 address, as text. IPv6 is refused by name (R7). */
export const ipv4Address: Schema<string> = {
  expects: 'an IPv4 address',
  read(value, place) {
    if (typeof value !== 'string') return wrongType(place, 'an IPv4 address', value)
    const address = parseIpv4(value)
    if (address !== undefined) return value
    if (looksLikeIpv6(value)) {
      place.report({
        code: 'ipv6-unsupported',
        message: `${value} is IPv6; only IPv4 is supported (R7)`,
        suggestion: 'give the IPv4 address',
      })
    } else if (value.includes('/')) {
      const bare = value.slice(0, value.indexOf('/'))
      const cure = parseIpv4(bare) === undefined ? undefined : `write it without the prefix length: ${bare}`
      place.report({ code: 'bad-address', message: `${JSON.stringify(value)} is not an IPv4 address`, suggestion: cure })
    } else {
      place.report({
        code: 'bad-address',
        message: `${JSON.stringify(value)} is not an IPv4 address`,
        suggestion: withoutLeadingZeros(value),
      })
    }
    return INVALID
  },
}

function looksLikeIpv6(text: string): boolean {
  return /^[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?(?:\/\d+)?$/i.test(text)
}

function withoutLeadingZeros(text: string): string | undefined {
  const plain = text.trim().replace(/\b0+(?=\d)/g, '')
  return plain !== text && parseIpv4(plain) !== undefined ? `did you mean ${plain}?` : undefined
}

/** `a.b.c.d/n` as text. `hostBits: 'keep'` takes `10.0.1.7/24` as an interface's address; else its host bits must be zero. */
export function ipv4Prefix(options: { readonly hostBits?: 'refuse' | 'keep' } = {}): Schema<string> {
  const { hostBits = 'refuse' } = options
  const expects = hostBits === 'keep' ? 'an IPv4 address with its prefix length' : 'an IPv4 prefix'
  return {
    expects,
    read(value, place) {
      if (typeof value !== 'string') return wrongType(place, expects, value)
      if (parsePrefix(value, hostBits === 'keep' ? 'mask' : 'refuse') !== undefined) return value
      if (looksLikeIpv6(value)) {
        place.report({
          code: 'ipv6-unsupported',
          message: `${value} is IPv6; only IPv4 is supported (R7)`,
          suggestion: 'give the IPv4 prefix',
        })
        return INVALID
      }
      const masked = parsePrefix(value, 'mask')
      const bare = parseIpv4(value)
      const suggestion =
        masked !== undefined ? `did you mean ${formatPrefix(masked)}?` : bare !== undefined ? `add a prefix length: ${value}/24` : undefined
      const why = masked === undefined ? '' : ': it has host bits'
      place.report({ code: 'bad-prefix', message: `${JSON.stringify(value)} is not ${expects}${why}`, suggestion })
      return INVALID
    },
  }
}

/** Addresses from `first` to `last`, both included, as unsigned order goes. */
export interface AddressRange {
  readonly first: Ipv4
  readonly last: Ipv4
  readonly text: string
}

const RANGE = 'an address range (a.b.c.d-a.b.c.e or a.b.c.d/n)'

/** R27: `a-b` or CIDR; a single address is a range of one. CIDR host bits are cleared. */
export const addressRange: Schema<AddressRange> = {
  expects: RANGE,
  read(value, place) {
    if (typeof value !== 'string') return wrongType(place, RANGE, value)
    const read = parseAddressRange(value)
    if (read !== undefined) return read
    if (value.includes(':')) {
      place.report({ code: 'ipv6-unsupported', message: `${value} is IPv6; only IPv4 is supported (R7)`, suggestion: 'give an IPv4 range' })
      return INVALID
    }
    const [first, last] = value.split('-').map((part) => parseIpv4(part.trim()))
    const turned = first !== undefined && last !== undefined ? `did you mean ${formatIpv4(last)}-${formatIpv4(first)}?` : undefined
    place.report({ code: 'bad-range', message: `${JSON.stringify(value)} is not ${RANGE}`, suggestion: turned })
    return INVALID
  },
}

export function parseAddressRange(text: string): AddressRange | undefined {
  if (text.includes('/')) {
    const prefix = parsePrefix(text.trim(), 'mask')
    return prefix && { first: prefix.address, last: prefix.address | ~maskOf(prefix.length), text }
  }
  const [a, b, ...more] = text.split('-').map((part) => parseIpv4(part.trim()))
  if (a === undefined || more.length > 0 || (text.includes('-') && b === undefined)) return undefined
  const last = b ?? a
  return compareIpv4(a, last) > 0 ? undefined : { first: a, last, text }
}

export function inRange(range: AddressRange, address: Ipv4): boolean {
  return compareIpv4(range.first, address) <= 0 && compareIpv4(address, range.last) <= 0
}

/** `200ms`, `15s`, `2m`, as microseconds. */
export const durationValue: Schema<Micros> = {
  expects: 'a duration (200ms, 15s, 2m)',
  read(value, place) {
    if (typeof value !== 'string') {
      return wrongType(place, durationValue.expects, value, typeof value === 'number' ? `add its unit: ${value}s` : undefined)
    }
    try {
      return duration(value)
    } catch {
      place.report({ code: 'bad-duration', message: `${JSON.stringify(value)} is not ${durationValue.expects}` })
      return INVALID
    }
  },
}
