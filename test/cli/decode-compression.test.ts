import { spawnSync } from 'node:child_process'
import { crc32, deflateRawSync, gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BrokenCompression, gunzip, unzstd } from '../../src/cli/decode/compression.ts'
import { concat } from '../bgp/capture/build.ts'

const TEXT = new TextEncoder().encode('a bgp message, and another bgp message')
const OTHER = new TextEncoder().encode('and one more')
const zstd = (bytes: Uint8Array) => zstdCompressSync(bytes, { params: { [zlib.ZSTD_c_checksumFlag]: 1 } })
const spoilt = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 0xff : byte))

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

/** What comes out of `bytes`, fed in pieces, and how it ends. */
async function outcome(uncompress: typeof gunzip, bytes: Uint8Array, length = 7) {
  const out: Uint8Array[] = []
  try {
    for await (const piece of uncompress(pieces(bytes, length))) out.push(piece)
  } catch (error) {
    if (!(error instanceof BrokenCompression)) throw error
    return { out: concat(...out), reason: error.reason, message: error.message }
  }
  return { out: concat(...out) }
}

describe.each([
  ['gzip', gunzip, gzipSync, 'incorrect|wrong'],
  ['zstd', unzstd, zstd, 'checksum'],
] as const)('%s', (_, uncompress, compress, checksum) => {
  test('one part or several, however the octets come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 500 }),
        async (parts, length) => {
          const bytes = concat(...parts.map((part) => compress(part)))
          expect(await outcome(uncompress, bytes, length)).toEqual({ out: concat(...parts) })
        },
      ),
      { numRuns: 100 },
    )
  })

  test('whatever happened to the octets, it comes to an end', async () => {
    const bytes = concat(compress(TEXT), compress(OTHER))
    const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 3 }),
        fc.nat({ max: bytes.length }),
        fc.uint8Array({ maxLength: 20 }),
        fc.integer({ min: 1, max: 100 }),
        async (changes, cut, more, length) => {
          const copy = Uint8Array.from(bytes)
          for (const [at, value] of changes) copy[at] = value
          await outcome(uncompress, concat(copy.subarray(0, cut), more), length)
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each([1, 7, 1000])('octets behind the end are told, and all before them is there: in pieces of %i', async (length) => {
    const bytes = concat(compress(TEXT), [88, 88, 88, 88])
    const message = '4 octets behind the compressed data are not compressed'
    expect(await outcome(uncompress, bytes, length)).toEqual({ out: TEXT, reason: 'unreadable', message })
  })

  test.each([1, 7, 1000])('a wrong checksum is told, and all before it is there: in pieces of %i', async (length) => {
    const wrong = spoilt(compress(TEXT), compress === gzipSync ? -6 : -1)
    expect(await outcome(uncompress, wrong, length)).toEqual({
      out: TEXT,
      reason: 'unreadable',
      message: expect.stringMatching(checksum),
    })
  })

  test('an early end is told, and what is whole is there', async () => {
    const second = compress(OTHER)
    const bytes = concat(compress(TEXT), second.subarray(0, 9))
    expect(await outcome(uncompress, bytes)).toEqual({ out: TEXT, reason: 'truncated', message: 'the compressed data end early' })
  })
})

describe('gzip alone', () => {
  test('zeros behind a member are padding, and a member may follow', async () => {
    const zeros = new Uint8Array(50)
    expect(await outcome(gunzip, concat(gzipSync(TEXT), zeros))).toEqual({ out: TEXT })
    expect(await outcome(gunzip, concat(gzipSync(TEXT), zeros, gzipSync(OTHER), zeros))).toEqual({ out: concat(TEXT, OTHER) })
    expect(await outcome(gunzip, concat(gzipSync(TEXT), zeros, [0x1f]))).toMatchObject({
      out: TEXT,
      message: expect.stringMatching(/^1 oct/),
    })
  })

  test('what follows a member with a wrong checksum or length is read', async () => {
    for (const at of [-6, -2]) {
      const bytes = concat(spoilt(gzipSync(TEXT), at), gzipSync(OTHER))
      expect(await outcome(gunzip, bytes)).toMatchObject({ out: concat(TEXT, OTHER), message: expect.stringContaining('checksum') })
    }
  })

  test('octets that make no sense are told, and the members before them are there', async () => {
    const bytes = concat(gzipSync(TEXT), gzipSync(OTHER).subarray(0, 10), new Uint8Array(20).fill(0xff))
    expect(await outcome(gunzip, bytes)).toMatchObject({ out: TEXT, reason: 'unreadable', message: expect.stringContaining('damaged') })
    const method = concat(gzipSync(TEXT), [0x1f, 0x8b, 9, 0, 0, 0, 0, 0, 0, 0])
    expect(await outcome(gunzip, method)).toMatchObject({ out: TEXT, message: expect.stringContaining('header') })
  })

  test.each([1, 3, 1000])(
    'a header with an extra field, a name, a comment and a checksum is passed over, in pieces of %i',
    async (length) => {
      const header = concat([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3], [3, 0, 1, 0, 2], [97, 98, 0], [0], [1, 2])
      const trailer = new Uint8Array(8)
      new DataView(trailer.buffer).setUint32(0, crc32(TEXT), true)
      new DataView(trailer.buffer).setUint32(4, TEXT.length, true)
      expect(await outcome(gunzip, concat(header, deflateRawSync(TEXT), trailer), length)).toEqual({ out: TEXT })
      for (let cut = 2; cut < header.length; cut++)
        expect(await outcome(gunzip, header.subarray(0, cut), length)).toMatchObject({ reason: 'truncated' })
    },
  )
})

test('work that never ends does not pass for success', () => {
  const script = `
    import { settled } from './src/cli/decode/settled.ts'
    process.exitCode = 0
    await settled(new Promise(() => {}))`
  const node = ['--conditions=peerlab-source', '--input-type=module', '-e', script]
  const { status, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('not all was decoded')
})
