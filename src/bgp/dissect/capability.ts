/** Capabilities, RFC 5492 §4 and IANA "Capability Codes": Code 1 | Length 1 | Value. One that makes no sense is ignored by speakers. */
import type { Family } from '../wire/capability/family.ts'
import { Truncated } from '../wire/cursor.ts'
import type { Json } from './context.ts'
import { type Field, type Scope, within } from './field.ts'
import { afiName, familyName, safiName } from './names.ts'

export interface Capability {
  readonly code: number
  readonly name: string
  /** Its value makes no sense, so to a speaker it is not there (RFC 5492 §3). */
  readonly ignored?: true
  readonly value?: Json
  readonly asn?: number
  /** Of Multiprotocol Extensions. */
  readonly family?: Family
  readonly addPath?: readonly (Family & { readonly send: boolean; readonly receive: boolean })[]
}

type Told = Omit<Capability, 'code' | 'name'> & { readonly text?: string }

const IGNORED: Told = { ignored: true, text: 'a value that makes no sense; ignored' }

const NAMES: Readonly<Record<number, string>> = {
  1: 'Multiprotocol Extensions',
  2: 'Route Refresh',
  3: 'Outbound Route Filtering',
  5: 'Extended Next Hop Encoding',
  6: 'Extended Message',
  7: 'BGPsec',
  8: 'Multiple Labels',
  9: 'BGP Role',
  64: 'Graceful Restart',
  65: 'Four-octet AS Number',
  67: 'Dynamic Capability',
  68: 'Multisession',
  69: 'ADD-PATH',
  70: 'Enhanced Route Refresh',
  71: 'Long-Lived Graceful Restart',
  73: 'FQDN',
  75: 'Software Version',
  76: 'Paths Limit',
  128: 'Route Refresh (pre-standard)',
  130: 'Outbound Route Filtering (pre-standard)',
  131: 'Multisession (pre-standard)',
}

export function walkCapabilities(scope: Scope, found: Capability[]): undefined {
  while (scope.remaining > 0) {
    if (scope.remaining < 2) throw new Truncated('a capability ends inside its header')
    scope.open('Capability', (inner) => {
      const code = inner.u8('Capability Code', (value) => NAMES[value])
      const octets = inner.u8('Capability Length')
      for (const each of inner.fields) each.minor = true
      const name = NAMES[code] ?? `Capability ${code}`
      let told: Told = {}
      const field = inner.group('Capability Value', octets, (value) => {
        const whole = within(value, () => {
          told = READERS[code]?.(value, octets) ?? raw(value)
          if (value.remaining > 0) told = { ...raw(value), ...IGNORED }
        })
        if (!whole) told = IGNORED
        return undefined
      })
      tidy(field)
      const { text, ...rest } = told
      found.push({ code, name, ...rest })
      return text === undefined ? name : `${name}: ${text}`
    })
  }
  return undefined
}

/** The text of the capability says what is in it. */
function tidy(field: Field): void {
  field.minor = true
}

function raw(scope: Scope): Told {
  if (scope.remaining === 0) return {}
  const value = scope.hex('Value')
  return { value, text: value }
}

function family(scope: Scope, afterAfi?: () => void): Family {
  const afi = scope.u16('Address Family Identifier', afiName)
  afterAfi?.()
  return { afi, safi: scope.u8('Subsequent Address Family Identifier', safiName) }
}

const MODES: Readonly<Record<number, string>> = { 1: 'receive', 2: 'send', 3: 'send and receive' }
const ROLES = ['Provider', 'Route Server', 'Route Server Client', 'Customer', 'Peer']

/** Of a capability that is said by being there. */
const nothing = (): Told => ({})

const READERS: Readonly<Record<number, (scope: Scope, octets: number) => Told>> = {
  1(scope) {
    const told = family(scope, () => void scope.u8('Reserved'))
    const name = familyName(told)
    return { family: told, value: name, text: name }
  },
  2: nothing,
  5(scope) {
    const list: string[] = []
    while (scope.remaining > 0) {
      const pair = { afi: scope.u16('NLRI AFI', afiName), safi: scope.u16('NLRI SAFI', safiName) }
      const hop = scope.u16('Next Hop AFI', afiName)
      list.push(`${familyName(pair)} via ${afiName(hop) ?? `AFI ${hop}`}`)
    }
    return { value: list, text: list.join(', ') }
  },
  6: nothing,
  9(scope) {
    const role = scope.u8('Role', (value) => ROLES[value])
    return { value: ROLES[role] ?? role, text: ROLES[role] ?? `role ${role}` }
  },
  64(scope) {
    const word = scope.u16('Restart Flags and Restart Time', (value) => `${value & 0xfff} s${flagText(value >>> 12, RESTART_FLAGS)}`)
    const families = restartFamilies(scope)
    const flags = flagNames(word >>> 12, RESTART_FLAGS)
    return {
      value: { restartTime: word & 0xfff, flags, families },
      text: [`restart time ${word & 0xfff} s`, ...flags, ...families.map(familyWords)].join(', '),
    }
  },
  65(scope) {
    const asn = scope.u32('AS Number')
    return { asn, value: asn, text: String(asn) }
  },
  69(scope) {
    const addPath: (Family & { readonly send: boolean; readonly receive: boolean })[] = []
    const value: { readonly family: string; readonly mode: string }[] = []
    while (scope.remaining > 0) {
      const each = family(scope)
      const mode = scope.u8('Send/Receive', (octet) => MODES[octet])
      if (MODES[mode] !== undefined) addPath.push({ ...each, receive: (mode & 1) !== 0, send: (mode & 2) !== 0 })
      value.push({ family: familyName(each), mode: MODES[mode] ?? `${mode}, ignored` })
    }
    return { addPath, value, text: value.map((each) => `${each.family} ${each.mode}`).join(', ') }
  },
  70: nothing,
  71(scope) {
    const families: { readonly family: string; readonly flags: readonly string[]; readonly staleTime: number }[] = []
    while (scope.remaining > 0) {
      const name = familyName(family(scope))
      const flags = flagNames(scope.u8('Flags') >>> 4, FAMILY_FLAGS)
      families.push({ family: name, flags, staleTime: scope.uint('Long-lived Stale Time', 3) })
    }
    return { value: families, text: families.map((each) => `${familyWords(each)} ${each.staleTime} s`).join(', ') }
  },
  73(scope) {
    const host = scope.utf8('Hostname', scope.u8('Hostname Length'))
    const domain = scope.utf8('Domain Name', scope.u8('Domain Name Length'))
    const value = domain === '' ? host : `${host}.${domain}`
    return { value, text: value }
  },
  75(scope) {
    const value = scope.utf8('Software Version', scope.u8('Software Version Length'))
    return { value, text: value }
  },
}

const RESTART_FLAGS = ['restarting', 'NOTIFICATION']
const FAMILY_FLAGS = ['forwarding kept']

/** Of four bits, the highest first. */
function flagNames(bits: number, names: readonly string[]): string[] {
  return names.filter((_, i) => (bits & (8 >> i)) !== 0)
}

function flagText(bits: number, names: readonly string[]): string {
  return flagNames(bits, names)
    .map((name) => `, ${name}`)
    .join('')
}

function restartFamilies(scope: Scope): { readonly family: string; readonly flags: readonly string[] }[] {
  const families: { readonly family: string; readonly flags: readonly string[] }[] = []
  while (scope.remaining > 0) {
    const name = familyName(family(scope))
    families.push({ family: name, flags: flagNames(scope.u8('Flags') >>> 4, FAMILY_FLAGS) })
  }
  return families
}

function familyWords(each: { readonly family: string; readonly flags: readonly string[] }): string {
  return `${each.family}${each.flags.length === 0 ? '' : ` (${each.flags.join(', ')})`}`
}
