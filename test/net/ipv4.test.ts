import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, parseIpv4 } from '../../src/net/index.ts'

const OCTET = /^(?:0|[1-9]\d{0,2})$/

describe('an IPv4 address', () => {
  it('is read as it is written', () => {
    fc.assert(fc.property(fc.ipV4(), (text) => void expect(formatIpv4(parseIpv4(text)!)).toBe(text)))
    expect(parseIpv4('255.255.255.255')).toBe(-1)
    expect(parseIpv4('128.0.0.0')).toBe(-0x8000_0000)
  })

  it('is nothing else: four decimal octets without leading zeros', () => {
    const near = fc.array(fc.constantFrom('0', '1', '9', '25', '255', '256', '00', '.', '..', ' ', '-', 'a', '١'), { maxLength: 9 })
    fc.assert(
      fc.property(near, (parts) => {
        const text = parts.join('')
        const octets = text.split('.')
        const good = octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)
        expect(parseIpv4(text) !== undefined).toBe(good)
      }),
      { numRuns: 2_000 },
    )
  })
})
