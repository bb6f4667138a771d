import { describe, expect, test } from 'vitest'
import { type CodecContext, decodeMessage, encodeMessage, Framer, isIpv4Unicast, type Message } from '../../../src/bgp/wire/index.ts'
import { ipv4 } from '../../../src/net/index.ts'
import { hex } from '../wire/hex.ts'
import { goldens } from './read.ts'

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function decode(text: string, context: CodecContext): Message {
  const { frames, error } = new Framer().push(hex(text))
  expect(error).toBeUndefined()
  expect(frames).toHaveLength(1)
  const decoded = decodeMessage(frames[0]!, context)
  if (!decoded.ok) throw new Error(decoded.error.detail)
  return decoded.message
}

/** How a daemon writes the same in more octets, or in another order, than we would; `undefined` where it writes as we do. */
function otherForm(text: string): string | undefined {
  const bytes = hex(text)
  if (bytes[18] === 1) return openForm(bytes)
  if (bytes[18] !== 2) return undefined
  const types: number[] = []
  const withdrawn = (bytes[19]! << 8) | bytes[20]!
  const total = (bytes[21 + withdrawn]! << 8) | bytes[22 + withdrawn]!
  for (let at = 23 + withdrawn; at < 23 + withdrawn + total; ) {
    const extended = (bytes[at]! & 0x10) !== 0
    const length = extended ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!
    if (extended && length < 256) return 'Extended Length on a short attribute'
    types.push(bytes[at + 1]!)
    at += (extended ? 4 : 3) + length
  }
  return types.some((type, i) => i > 0 && type < types[i - 1]!) ? 'attributes in another order' : undefined
}

function openForm(bytes: Uint8Array): string | undefined {
  const [length = 0, type, first = 0] = bytes.subarray(28)
  return type === 2 && first + 2 < length ? 'a parameter for each capability' : undefined
}

/** Which daemon writes how; a new version that differs is to be looked at. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  bird: [],
  frr: ['Extended Length on a short attribute', 'a parameter for each capability'],
  gobgp: [],
  openbgpd: [],
}

describe.each(goldens())('what $version says, ADD-PATH $addPath', ({ daemon, addPath, messages }) => {
  const context = { fourOctetAs: true, addPath }
  const decoded = messages.map((text) => decode(text, context))
  const updates = decoded.filter((message) => message.type === 'update')

  test('4271: is read without a complaint, and written again to the same octets where it is written as we write', () => {
    const forms = new Set<string>()
    for (const [i, message] of decoded.entries()) {
      if (message.type === 'update') expect(message.errors).toEqual([])
      const again = toHex(encodeMessage(message, context))
      const form = otherForm(messages[i]!)
      if (form === undefined) expect(again).toBe(messages[i])
      else {
        forms.add(form)
        expect(again).not.toBe(messages[i])
        expect(decode(again, context)).toEqual(message)
      }
    }
    expect([...forms].sort()).toEqual(FORMS[daemon])
  })

  test('5492, 7911: its OPEN has the capabilities of its configuration', () => {
    const open = decoded.find((message) => message.type === 'open')
    expect(open).toMatchObject({ myAs: 65002, identifier: ipv4('10.8.0.10') })
    if (open?.type !== 'open') return
    for (const each of [{ type: 'multiprotocol', afi: 1, safi: 1 }, { type: 'route-refresh' }, { type: 'four-octet-as', asn: 65002 }])
      expect(open.capabilities).toContainEqual(each)
    const families = open.capabilities.flatMap((c) => (c.type === 'add-path' ? c.families : [])).filter(isIpv4Unicast)
    expect(families.map(({ send, receive }) => send && receive)).toEqual(addPath ? [true] : expect.not.arrayContaining([true]))
  })

  test('4271: its own route, and those of others passed on', () => {
    const paths = updates.map(({ attributes, nlri }) => ({
      prefixes: nlri.map(({ address, length }) => `${address}/${length}`),
      asns: attributes.flatMap((one) => (one.type === 'as-path' ? one.segments.flatMap(({ asns }) => asns) : [])),
    }))
    expect(paths.find(({ prefixes }) => prefixes.includes(`${ipv4('192.0.2.0')}/24`))?.asns).toEqual([65002])
    expect(paths.some(({ asns }) => asns.length === 2 && asns[0] === 65002)).toBe(true)
    const ids = updates.flatMap(({ nlri }) => nlri.map(({ pathId }) => pathId))
    expect(ids.every((id) => (addPath ? id > 0 : id === 0))).toBe(true)
  })

  test('4486, 9003: its last words', () => {
    const words = decoded.flatMap((message) => (message.type === 'notification' ? [`${message.code}/${message.subcode}`] : []))
    expect(words).toEqual(expect.arrayContaining(['6/2', '6/4', '4/0']))
    const said = decoded.find((message) => message.type === 'notification' && message.code === 6 && message.subcode === 2)
    expect(said).toMatchObject({ data: Uint8Array.of(14, ...Buffer.from('line card swap')) })
  })
})

test('each of the four daemons is here, in both modes', () => {
  expect(goldens().map(({ daemon, addPath }) => [daemon, addPath])).toEqual(
    ['bird', 'frr', 'gobgp', 'openbgpd'].flatMap((daemon) => [
      [daemon, true],
      [daemon, false],
    ]),
  )
})
