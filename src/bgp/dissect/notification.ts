/** NOTIFICATION, RFC 4271 §4.5, with the shutdown message of RFC 9003 and the hard reset of RFC 8538. */
import { describeNotification } from '../wire/message/notification.ts'
import type { Json } from './context.ts'
import type { Scope } from './field.ts'
import { familyName } from './names.ts'

const CEASE = 6
const SHUTDOWN = 2
const RESET = 4
const HARD_RESET = 9
const MAXIMUM_PREFIXES = 1

export function walkNotification(scope: Scope): { readonly json: Json; readonly text: string } {
  const code = scope.u8('Error Code')
  const subcode = scope.u8('Error Subcode')
  const name = describeNotification(code, subcode)
  const data = dataOf(scope, code, subcode)
  return { json: { code, subcode, name, ...data.json }, text: data.text === undefined ? name : `${name}: ${data.text}` }
}

function dataOf(scope: Scope, code: number, subcode: number): { readonly json: { readonly [key: string]: Json }; readonly text?: string } {
  if (scope.remaining === 0) return { json: {} }
  const octets = scope.remaining
  if (code === CEASE && (subcode === SHUTDOWN || subcode === RESET) && scope.peek() === octets - 1) {
    const length = scope.u8('Length')
    scope.minor()
    if (length === 0) return { json: { message: '' } }
    const message = scope.utf8('Shutdown Communication', length)
    return { json: { message }, text: `“${message}”` }
  }
  if (code === CEASE && subcode === HARD_RESET && octets >= 2) {
    const inner = { code: scope.u8('Error Code of the reset'), subcode: scope.u8('Error Subcode of the reset') }
    const data = scope.remaining > 0 ? scope.hex('Data') : ''
    const name = describeNotification(inner.code, inner.subcode)
    return { json: { reset: { ...inner, name, data } }, text: name }
  }
  if (code === CEASE && subcode === MAXIMUM_PREFIXES && octets === 7) {
    const family = familyName({ afi: scope.u16('AFI'), safi: scope.u8('SAFI') })
    const limit = scope.u32('Prefix Upper Bound')
    return { json: { family, limit }, text: `${family}, ${limit} at most` }
  }
  const data = scope.hex('Data')
  const meaning = numberIn(code, subcode, octets, data)
  return { json: { data }, text: meaning ?? `data ${data}` }
}

/** What RFC 4271 §6.1 and §6.2 put into the data. */
function numberIn(code: number, subcode: number, octets: number, data: string): string | undefined {
  const value = Number.parseInt(data, 16)
  if (code === 1 && subcode === 2 && octets === 2) return `length ${value}`
  if (code === 1 && subcode === 3 && octets === 1) return `type ${value}`
  if (code === 2 && subcode === 1 && octets === 2) return `version ${value} is the highest supported`
  return undefined
}
