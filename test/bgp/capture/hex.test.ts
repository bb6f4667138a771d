import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { formatOf } from '../../../src/bgp/capture/index.ts'
import { toHex } from '../../../src/bgp/dissect/index.ts'
import { concat, ipv4, keepalive, LINKS, open, update } from './build.ts'
import { read, told } from './read.ts'

const message = update(1)
const digits = toHex(message)
const pairs = digits.match(/../g)!
const SAID = ['UPDATE 10.0.1.0/24']

/** Rows of 16 octets with what comes before and behind each. */
function rows(bytes: Uint8Array, row: (offset: number, pairs: readonly string[], characters: string) => string): string {
  const all = toHex(bytes).match(/../g)!
  const lines: string[] = []
  for (let at = 0; at < all.length; at += 16) {
    const part = all.slice(at, at + 16)
    const characters = part
      .map((pair) => (/^[2-7]/.test(pair) && pair !== '7f' ? String.fromCharCode(Number.parseInt(pair, 16)) : '.'))
      .join('')
    lines.push(row(at, part, characters))
  }
  return lines.join('\n')
}

const fours = (pairs: readonly string[]) => pairs.reduce((text, pair, i) => text + (i > 0 && i % 2 === 0 ? ' ' : '') + pair, '')
const offset = (at: number, width: number) => at.toString(16).padStart(width, '0')
const xxd = (bytes: Uint8Array) => rows(bytes, (at, part, text) => `${offset(at, 8)}: ${fours(part).padEnd(39)}  ${text}`)
const hexdumpC = (bytes: Uint8Array) =>
  `${rows(bytes, (at, part, text) => `${offset(at, 8)}  ${`${part.slice(0, 8).join(' ')}  ${part.slice(8).join(' ')}`.padEnd(48)}  |${text}|`)}\n${offset(bytes.length, 8)}\n`
const wireshark = (bytes: Uint8Array) => rows(bytes, (at, part, text) => `${offset(at, 4)}   ${part.join(' ').padEnd(47)}   ${text}`)
const tcpdump = (bytes: Uint8Array, text = true) =>
  rows(bytes, (at, part, characters) => `\t0x${offset(at, 4)}:  ${fours(part).padEnd(39)}${text ? `  ${characters}` : ''}`)
const hexdump = (bytes: Uint8Array) =>
  `${rows(bytes, (at, part) => {
    const words = fours(part.length % 2 === 0 ? part : [...part, '00']).split(' ')
    return `${offset(at, 7)} ${words.map((word) => word.slice(2) + word.slice(0, 2)).join(' ')}`
  })}\n${offset(bytes.length, 7)}\n`

describe('a line of a log', () => {
  const decimal = [...message].join(' ')

  test('may be as long as it likes', () => {
    for (const octet of ['255 ', 'ff ']) {
      const [first, ...others] = told(read('hex', `log: ${octet.repeat(2_000_000)}zz\n\n${digits}\n`))
      expect(first).toBe('type 255 1/2')
      expect(others.at(-1)).toBe(SAID[0])
    }
  })

  test.each(['] 12 bytes', ', 300', ', 1234'])('ends its octets before %s', (behind) => {
    expect(told(read('hex', `notification with data [${decimal}${behind}`))).toEqual(SAID)
  })
})

describe('octets of messages, however they are written', () => {
  test.each([
    ['digits alone', digits],
    ['capitals', digits.toUpperCase()],
    ['spaces', pairs.join(' ')],
    ['colons', pairs.join(':')],
    ['groups on lines', fours(pairs).replace(/(.{40})/g, '$1\n')],
    ['0x on each', pairs.map((pair) => `0x${pair}`).join(', ')],
    ['0x in front', `0x${digits}`],
    ['an escaped string', `"${pairs.map((pair) => `\\x${pair}`).join('')}"`],
    [
      'a C array',
      `unsigned char packet[] = {\n${pairs.map((pair, i) => `0x${pair},${i % 8 === 7 ? ' /* ........ */\n' : ' '}`).join('')}\n};\n`,
    ],
    ['xxd', xxd(message)],
    ['hexdump -C', hexdumpC(message)],
    ['hexdump', hexdump(message)],
    ['Wireshark, copied as a hex dump', wireshark(message)],
    ['CRLF', xxd(message).replaceAll('\n', '\r\n')],
    ['a router’s log', `*Mar  1 12:00:01: %BGP-3-NOTIFICATION: sent to neighbor 10.0.1.254 3/1 0 bytes  ${fours(pairs).toUpperCase()}`],
    [
      'a log with the rest on further lines',
      `BGP: bad attributes ${fours(pairs.slice(0, 20))}\n${fours(pairs.slice(20))}\nBGP: 10.0.0.1 closing`,
    ],
    ['decimal numbers of Go', `level=debug msg="received" data="[${[...message].join(' ')}]"`],
  ])('%s', (_, text) => {
    expect(formatOf(new TextEncoder().encode(text))).toBe('hex')
    for (const piece of [10_000, 7]) expect(told(read('hex', text, { piece }))).toEqual(SAID)
  })

  test('several messages, each with the line on which it begins', () => {
    const text = `first\n${toHex(keepalive())}\n\nthen two in one\n${toHex(concat(update(1), update(2)))}\n${xxd(update(3))}\n${xxd(update(4))}\n`
    const items = read('hex', text)
    expect(told(items)).toEqual(['KEEPALIVE', ...[1, 2, 3, 4].map((n) => `UPDATE 10.0.${n}.0/24`)])
    expect(items.map((item) => item.place.line)).toEqual([2, 5, 5, 6, 9])
  })

  test('lines that hexdump left out are put back', () => {
    const zeros = new Uint8Array(21 + 64)
    zeros.fill(255, 0, 16)
    zeros.set([0, zeros.length, 3, 6, 2], 16)
    const lines = hexdumpC(zeros).split('\n')
    lines.splice(3, 2, '*')
    expect(told(read('hex', lines.join('\n')))).toEqual(['NOTIFICATION'])
    expect(read('hex', lines.join('\n'))[0]).toMatchObject({ bytes: zeros })
  })

  test('OPENs before them tell the options, flags else', () => {
    const addPath = { fourOctetAs: true, addPath: true }
    const lines = [open(65001, { addPath: 'send' }), open(65002, { addPath: 'receive' }), update(6, addPath)].map(toHex)
    expect(told(read('hex', lines.join('\n')))).toEqual(['OPEN', 'OPEN', 'UPDATE 10.0.6.0/24 path 6'])
    expect(told(read('hex', lines[2]!, { addPath: true }))).toEqual(['UPDATE 10.0.6.0/24 path 6'])
    const old = toHex(update(6, { fourOctetAs: false, addPath: false }))
    expect(told(read('hex', old, { asn2: true }))).toEqual(['UPDATE 10.0.6.0/24'])
    expect(told(read('hex', old))).toEqual(['UPDATE 10.0.6.0/24 3/11'])
  })

  test('a message that is cut short does not swallow the next one', () => {
    expect(told(read('hex', `${digits.slice(0, 60)}\n${digits}\n`))).toEqual(['UPDATE without 17 octets', ...SAID])
  })

  test('text without octets, and octets without a message', () => {
    expect(read('hex', 'nothing here\n')).toEqual([])
    expect(read('hex', '')).toEqual([])
    expect(read('hex', 'x\ndeadbeef\n')).toMatchObject([{ kind: 'gap', reason: 'unreadable', place: { line: 2 } }])
  })
})

describe('packets as text', () => {
  const first = ipv4({ sequence: 1, payload: message.subarray(0, 30) })
  const second = ipv4({ sequence: 31, payload: message.subarray(30) })
  const line = '12:00:00.000001 IP 10.0.1.10.40000 > 10.0.1.254.179: Flags [P.], seq 1:31, length 30: BGP'

  test.each([
    ['tcpdump -x', (bytes: Uint8Array) => tcpdump(bytes, false)],
    ['tcpdump -X', (bytes: Uint8Array) => tcpdump(bytes)],
    ['Wireshark', wireshark],
    ['hexdump -C', hexdumpC],
  ])('%s, a stream over two packets', (_, dump) => {
    const items = read('hex', `${line}\n${dump(first)}\n${line}\n${dump(second)}\n`)
    expect(told(items)).toEqual(SAID)
    expect(items[0]!.place).toMatchObject({ from: '10.0.1.10:40000', packet: 2, firstPacket: 1 })
  })

  test.each(['ethernet', 'vlan', 'Linux cooked', 'null'])('a whole frame: %s', (link) => {
    expect(told(read('hex', wireshark(LINKS[link]!.frame(ipv4({ sequence: 1, payload: message })))))).toEqual(SAID)
  })
})

test('what the real hexdump and od write', () => {
  const has = (program: string) => {
    try {
      execFileSync('which', [program], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }
  const commands: [string, string[]][] = [
    ['od', ['-A', 'x', '-t', 'x1']],
    ['od', ['-t', 'x1']],
    ['od', ['-x']],
    ['od', ['-A', 'x', '-x']],
    ['hexdump', []],
    ['hexdump', ['-C']],
    ['xxd', []],
  ]
  const long = concat(message, keepalive(), update(2))
  for (const [program, args] of commands.filter(([program]) => has(program))) {
    const text = execFileSync(program, args, { input: long, encoding: 'utf8' })
    expect([program, args, told(read('hex', text))]).toEqual([program, args, [...SAID, 'KEEPALIVE', 'UPDATE 10.0.2.0/24']])
  }
})
