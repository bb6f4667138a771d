import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BMP_TYPE, BmpReader } from '../../../../../src/engine/docker/routers/frr/bmp.ts'
import { parseVtyshErrors } from '../../../../../src/engine/docker/routers/frr/check.ts'
import { virtualDevice, virtualMac } from '../../../../../src/engine/docker/routers/frr/platform.ts'
import { VtyReader } from '../../../../../src/engine/docker/routers/frr/vty.ts'
import { golden } from '../support.ts'

/** Cuts `bytes` at the given places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const parts: Uint8Array[] = []
  let start = 0
  for (const place of [...places, bytes.length]) {
    if (place > start) parts.push(bytes.subarray(start, place))
    start = place
  }
  return parts
}

describe('the vty protocol', () => {
  it('gives back whole answers, however they are cut', () => {
    const answers = fc.array(
      fc.record({ text: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')), status: fc.nat(14) }),
    )
    fc.assert(
      fc.property(answers, fc.array(fc.nat()), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ text, status }) => Buffer.concat([Buffer.from(text), Buffer.from([0, 0, 0, status])])))
        const reader = new VtyReader()
        expect(pieces(bytes, cuts).flatMap((piece) => reader.push(piece))).toEqual(sent)
      }),
    )
  })
})

describe('a BMP stream', () => {
  const message = (type: number, length: number) => {
    const bytes = new Uint8Array(6 + length)
    bytes[0] = 3
    new DataView(bytes.buffer).setUint32(1, bytes.length)
    bytes[5] = type
    return bytes
  }

  it('gives the types of its messages, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(100))), fc.array(fc.nat()), (sent, cuts) => {
        const reader = new BmpReader()
        const bytes = Buffer.concat(sent.map(([type, length]) => message(type, length)))
        expect(pieces(bytes, cuts).flatMap((piece) => reader.push(piece))).toEqual(sent.map(([type]) => type))
      }),
    )
  })

  it('is refused when it is not BMP version 3', () => {
    expect(() => new BmpReader().push(new TextEncoder().encode('GET / HTTP/1.1'))).toThrow('not BMP')
  })

  it('names the messages of RFC 7854 §10.1', () => {
    expect(BMP_TYPE).toMatchObject({ routeMonitoring: 0, peerDown: 2, peerUp: 3 })
  })
})

describe("errors of a user's FRR configuration", () => {
  it('have every line that vtysh -C names', () => {
    expect(parseVtyshErrors('tor1.conf', golden('vtysh-check.golden.txt'))).toEqual([
      { file: 'tor1.conf', line: 2, message: 'Unknown command: neighbor 10.0.1.100 remot-as 1' },
      { file: 'tor1.conf', line: 3, message: 'Unknown command: maximum-paths x' },
    ])
  })

  it("have the daemon's own words for what it refuses when it is loaded", () => {
    expect(parseVtyshErrors('tor1.conf', golden('vtysh-load.golden.txt'))).toEqual([
      { file: 'tor1.conf', line: 2, message: 'Can not configure the local system as neighbor: neighbor 10.8.0.10 remote-as 65001' },
      { file: 'tor1.conf', line: 3, message: 'Specify remote-as or peer-group commands first: neighbor 10.8.0.10 passive' },
    ])
  })
})

describe('a virtual gateway', () => {
  it('has the MAC of RFC 5798 §7.3 and a device name that Linux takes', () => {
    const gateway = { interface: 'a-long-rack-name', vrid: 17, address: '10.0.1.1', priority: 100, advertisementIntervalMs: 100 }
    expect(virtualMac(17)).toBe('00:00:5e:00:01:11')
    expect(virtualDevice(gateway)).toBe('vr17-a-long-rac')
  })
})
