import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toHex } from '../../src/bgp/dissect/index.ts'
import { EXIT } from '../../src/cli/index.ts'
import { bgp4mpHead, concat, ipv4, keepalive, LINKS, mrt, open, pcap, u16, u32, update } from '../bgp/capture/build.ts'
import { type Outcome, run } from './command-line.ts'

async function decode(...args: string[]): Promise<Outcome & { readonly lines: { [key: string]: unknown }[] }> {
  const outcome = await run('decode', ...args)
  const json = args.includes('--json') ? outcome.out.split('\n').filter((line) => line !== '') : []
  return { ...outcome, lines: json.map((line) => JSON.parse(line)) }
}

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerlab-decode-'))
})

afterEach(() => rm(folder, { recursive: true }))

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const addPath = { fourOctetAs: true, addPath: true }
const wrong = update(3)
wrong[26] = 7

/** A session as it is captured, one direction after the other, with one malformed UPDATE. */
function session(): Uint8Array {
  const a = { from: '10.0.1.10', to: '10.0.1.254', fromPort: 40000, toPort: 179 }
  const b = { from: '10.0.1.254', to: '10.0.1.10', fromPort: 179, toPort: 40000 }
  const forth = open(65001, { addPath: 'send' })
  const frames = [
    ipv4({ ...a, sequence: 1, payload: forth }),
    ipv4({ ...b, sequence: 1, payload: open(65002, { addPath: 'receive' }) }),
    ipv4({ ...a, sequence: 1 + forth.length, payload: update(1, addPath) }),
    ipv4({ ...b, sequence: 1 + open(65002, { addPath: 'receive' }).length, payload: concat(wrong, keepalive()) }),
  ]
  return pcap(
    frames.map((packet, i) => ({ frame: LINKS.ethernet!.frame(packet), time: 1_700_000_000_000_000_000n + BigInt(i) * 1_000_000n })),
  )
}

describe('--json: one object a line', () => {
  test('source, type, values, fields with spans, errors', async () => {
    const { code, lines, err } = await decode('--json', await file('a.pcap', session()))
    expect({ code, err }).toEqual({ code: EXIT.failed, err: '' })
    expect(lines.map(({ type }) => type)).toEqual(['OPEN', 'OPEN', 'UPDATE', 'UPDATE', 'KEEPALIVE'])
    expect(lines[2]).toMatchObject({
      source: {
        file: join(folder, 'a.pcap'),
        packet: 3,
        time: '2023-11-14T22:13:20.002000Z',
        from: '10.0.1.10:40000',
        to: '10.0.1.254:179',
      },
      length: 51,
      options: ['4-octet AS', 'ADD-PATH'],
      update: {
        announced: [{ family: 'IPv4 unicast', prefix: '10.0.1.0/24', pathId: 1, nextHop: '10.0.0.1' }],
        attributes: { ORIGIN: 'IGP', AS_PATH: '65001' },
      },
    })
    expect(lines[2]).not.toHaveProperty('errors')
    expect(lines[2]!.fields).toContainEqual({ name: 'Total Path Attribute Length', span: [21, 23], value: 20 })
    expect(lines[3]!.errors).toEqual([
      {
        code: 3,
        subcode: 6,
        name: 'UPDATE Message Error/Invalid ORIGIN Attribute (3/6)',
        data: '40010107',
        action: 'treat-as-withdraw',
        attribute: 1,
        detail: 'ORIGIN is 7',
        span: [26, 27],
      },
    ])
  })

  test('routes of a dump, changes of state, and what is not decoded', async () => {
    const attributes = [0x40, 1, 1, 0, 0xc0, 200, 1, 0xbe]
    const dump = concat(
      mrt(13, 1, concat([10, 0, 0, 9], u16(0), u16(1), [2, 1, 1, 1, 1, 10, 0, 0, 1], u32(65001))),
      mrt(13, 2, concat(u32(0), [24, 10, 1, 2], u16(1), u16(0), u32(1_600_000_000), u16(attributes.length), attributes)),
      mrt(16, 5, concat(bgp4mpHead(), u16(3), u16(1))),
      [1, 2, 3],
    )
    const { code, lines } = await decode('--json', await file('rib.mrt.gz', gzipSync(dump)))
    expect(code).toBe(EXIT.failed)
    expect(lines).toMatchObject([
      { type: 'PEER_INDEX_TABLE', collector: '10.0.0.9' },
      {
        type: 'RIB',
        family: 'IPv4 unicast',
        prefix: '10.1.2.0/24',
        peer: { address: '10.0.0.1', asn: 65001 },
        originated: '2020-09-13T12:26:40Z',
        attributes: { ORIGIN: 'IGP', ATTRIBUTE_200: 'be' },
        fields: [{ name: 'Path Attributes', span: [30, 38] }],
      },
      { type: 'STATE_CHANGE', oldState: 'Active', newState: 'Idle' },
      { type: 'gap', reason: 'truncated' },
    ])
  })
})

test('a tree for people, the faulty octets in brackets', async () => {
  const { code, out } = await decode(await file('a.txt', `${toHex(keepalive())}\n${toHex(wrong)}\n`))
  expect(code).toBe(EXIT.failed)
  expect(out.replaceAll(folder, '')).toBe(
    [
      '/a.txt  line 1',
      'KEEPALIVE · 19 octets',
      '',
      '/a.txt  line 2',
      'UPDATE  announces 10.0.3.0/24 · 47 octets · 4-octet AS, assumed',
      '      23–43  Path Attributes',
      '      23–27    ORIGIN                                7',
      ' ✗    26–27      Value                               7',
      '      27–36    AS_PATH                               65001',
      '      36–43    NEXT_HOP                              10.0.0.1',
      '      43–47  Network Layer Reachability Information',
      '      43–47    Prefix                                10.0.3.0/24',
      '  ✗ UPDATE Message Error/Invalid ORIGIN Attribute (3/6) → treat-as-withdraw',
      '    ORIGIN is 7 · octets 26–27 · data 40010107',
      '       16  00 2f 02 00 00 00 14 40 01 01[07]40 02 06 02 01  ./.....@...@....',
      '',
      '2 messages · 1 malformed',
      '',
    ].join('\n'),
  )
})

test('what a peer wrote cannot drive the terminal', async () => {
  const text = new TextEncoder().encode('\u001b[31mbye')
  const notification = concat(new Uint8Array(16).fill(255), u16(22 + text.length), [3, 6, 2, text.length], text)
  expect((await decode(await file('a', toHex(notification)))).out).not.toContain('\u001b')
})

describe('exit codes', () => {
  test('0: everything decoded; formats told by content, compressed or not', async () => {
    const text = toHex(update(1))
    const files = await Promise.all([
      file('hex', text),
      file('hex.gz', gzipSync(text)),
      file('zst', zstdCompressSync(text)),
      file('two.gz', concat(gzipSync(text.slice(0, 40)), gzipSync(text.slice(40)))),
      file('raw', update(1)),
      file('mrt', mrt(16, 4, concat(bgp4mpHead(), update(1)))),
      file('pcap', pcap([{ frame: ipv4({ sequence: 1, payload: update(1) }) }], { link: 101 })),
    ])
    const { code, out, err } = await decode(...files)
    expect({ code, err }).toEqual({ code: EXIT.pass, err: '' })
    expect(out.match(/announces 10\.0\.1\.0\/24/g)).toHaveLength(files.length)
    expect(out).toMatch(/7 messages\n$/)
  })

  test('0 with the right flag, 1 with a hint without it', async () => {
    const old = await file('old', toHex(update(1, { fourOctetAs: false, addPath: false })))
    expect((await decode('--asn2', old)).code).toBe(EXIT.pass)
    expect(await decode(old)).toMatchObject({ code: EXIT.failed, out: expect.stringContaining('read with --asn2 it would be sound') })
    const paths = await file('paths', toHex(update(7, addPath)))
    expect(await decode('--add-path', paths)).toMatchObject({ code: EXIT.pass, out: expect.stringContaining('10.0.7.0/24  path 7') })
    expect((await decode(paths)).out).toContain('with --add-path')
  })

  test('a message of more than 4096 octets: 1 with a hint, 0 with the flag, and what is around it all the same', async () => {
    const long = concat(new Uint8Array(16).fill(255), u16(5000), [3, 6, 2], new Uint8Array(5000 - 21))
    const text = await file('long', toHex(concat(keepalive(), long, keepalive())))
    const { code, lines } = await decode('--json', text)
    expect(code).toBe(EXIT.failed)
    expect(lines).toMatchObject([
      { type: 'KEEPALIVE' },
      { type: 'NOTIFICATION', length: 19, errors: [{ code: 1, subcode: 2 }], hint: expect.stringContaining('--extended-messages') },
      { type: 'gap', reason: 'not-synchronized' },
      { type: 'KEEPALIVE' },
    ])
    const extended = await decode('--json', '--extended-messages', text)
    expect(extended.code).toBe(EXIT.pass)
    expect(extended.lines).toMatchObject([{ type: 'KEEPALIVE' }, { type: 'NOTIFICATION', length: 5000 }, { type: 'KEEPALIVE' }])
  })

  test('no flag is named that an OPEN of the capture leaves without effect', async () => {
    const a = { fromPort: 40000, toPort: 179, from: '10.0.1.10', to: '10.0.1.254' }
    const forth = open(65001)
    const long = concat(new Uint8Array(16).fill(255), u16(5000), [3, 6, 2])
    const frames = [
      ipv4({ ...a, sequence: 1, payload: forth }),
      ipv4({ ...a, sequence: 1 + forth.length, payload: concat(long, keepalive()) }),
    ]
    const capture = await file(
      'one.pcap',
      pcap(
        frames.map((frame) => ({ frame })),
        { link: 101 },
      ),
    )
    expect((await decode(capture)).out).not.toContain('--extended-messages')
  })

  test('1: a capture or compressed file that ends early is read as far as it goes', async () => {
    const whole = session()
    const cut = await decode(await file('cut', whole.subarray(0, whole.length - 9)))
    expect(cut).toMatchObject({ code: EXIT.failed, out: expect.stringContaining('! truncated: the file ends inside its packet 4') })
    const many = concat(...Array.from({ length: 3000 }, (_, i) => mrt(16, 4, concat(bgp4mpHead({ peerAsn: i * 7919 }), update(i % 256)))))
    const packed = gzipSync(many)
    const { code, out } = await decode(await file('gz', packed.subarray(0, packed.length - 1000)))
    expect(code).toBe(EXIT.failed)
    expect(out).toContain('the compressed data end early')
    expect(Number(/(\d+) messages/.exec(out)?.[1])).toBeGreaterThan(1000)
  })

  test.each([
    ['octets behind it', concat(gzipSync(toHex(update(1))), [88, 88, 88, 88]), '! unreadable: 4 octets behind the compressed data'],
    ['a wrong checksum', gzipSync(toHex(update(1))).map((byte, i, all) => (i === all.length - 6 ? byte ^ 1 : byte)), '! unreadable: '],
  ])('1: a compressed file with %s is read all the same, and the files after it', async (_, bytes, gap) => {
    const { code, out } = await decode(await file('a.gz', bytes), await file('b', toHex(keepalive())))
    expect(code).toBe(EXIT.failed)
    expect(out).toContain('announces 10.0.1.0/24')
    expect(out).toContain(gap)
    expect(out).toContain('KEEPALIVE')
  })

  test('2: what cannot be read, and the other files all the same', async () => {
    const good = await file('good', toHex(keepalive()))
    const zip = await file('a.bz2', 'BZh91AY&SY')
    const noise = await file(
      'noise',
      Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 255),
    )
    const { code, out, err } = await decode(join(folder, 'missing'), zip, noise, folder, good)
    expect(code).toBe(EXIT.usage)
    expect(out).toContain('KEEPALIVE · 19 octets')
    expect(err).toContain(`there is no file ${join(folder, 'missing')}`)
    expect(err).toContain(`bunzip2 -c ${zip} | peerlab decode -`)
    expect(err).toContain('it is no pcap, pcapng, MRT or text')
    expect(err).toContain(`${folder} cannot be read`)
    expect((await decode('--format', 'pcap', good)).err).toContain('it is no pcap, it looks like hex')
    expect((await decode('--format', 'gif', good)).code).toBe(EXIT.usage)
    expect((await decode()).code).toBe(EXIT.usage)
  })

  test('0 and a word where there is no message', async () => {
    expect(await decode(await file('a', 'nothing\n'))).toMatchObject({
      code: EXIT.pass,
      err: expect.stringContaining('no BGP message in it'),
    })
    expect((await decode(await file('b', ''))).code).toBe(EXIT.pass)
  })
})
