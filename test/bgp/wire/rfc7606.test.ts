import { describe, expect, test } from 'vitest'
import { decodeMessage, explain, PLAIN, treatAsWithdraw, type UpdateMessage } from '../../../src/bgp/wire/index.ts'
import { message, toHex } from './hex.ts'

const ORIGIN = '400101 00'
const PATH = '400206 0201 0000fde9'
const HOP = '400304 0a00010b'
const NLRI = '200a000001'
const IPV6 = { ...PLAIN, ipv6: { addPath: false } }
const OLD = { ...PLAIN, fourOctetAs: false }

function decode(attributes: string, nlri: string, context = PLAIN) {
  const octets = attributes.replace(/[\s|]/g, '').length / 2
  return decodeMessage({ type: 2, bytes: message(2, `0000 ${octets.toString(16).padStart(4, '0')} ${attributes} ${nlri}`) }, context)
}

function survived(attributes: string, nlri = NLRI, context = PLAIN): UpdateMessage {
  const decoded = decode(attributes, nlri, context)
  if (!decoded.ok || decoded.message.type !== 'update') throw new Error(JSON.stringify(decoded))
  return decoded.message
}

/** Sound attributes beside the one under test. */
const others = (code: number): string => [ORIGIN, PATH, HOP].filter((_, i) => i + 1 !== code).join('')

describe('RFC 7606 §7: what is done about each malformed attribute', () => {
  test.each([
    ['ORIGIN: undefined value', 1, '400101 03', 'treat-as-withdraw', 6],
    ['ORIGIN: length', 1, '400102 0000', 'treat-as-withdraw', 5],
    ['ORIGIN: flags', 1, '800101 00', 'treat-as-withdraw', 4],
    ['AS_PATH: unknown segment type', 2, '400206 0501 0000fde9', 'treat-as-withdraw', 11],
    ['AS_PATH: confederation segment from outside', 2, '400206 0301 0000fde9', 'treat-as-withdraw', 11],
    ['AS_PATH: segment overrun', 2, '400206 0202 0000fde9', 'treat-as-withdraw', 11],
    ['AS_PATH: segment underrun', 2, '400207 0201 0000fde9 02', 'treat-as-withdraw', 11],
    ['AS_PATH: empty segment', 2, '400202 0200', 'treat-as-withdraw', 11],
    ['AS_PATH: AS 0 (RFC 7607)', 2, '400206 0201 00000000', 'treat-as-withdraw', 11],
    ['AS_PATH: flags', 2, 'c00206 0201 0000fde9', 'treat-as-withdraw', 4],
    ['NEXT_HOP: length', 3, '400303 0a0001', 'treat-as-withdraw', 5],
    ['NEXT_HOP: no host', 3, '400304 00000000', 'treat-as-withdraw', 8],
    ['NEXT_HOP: flags', 3, 'c00304 0a00010b', 'treat-as-withdraw', 4],
    ['MULTI_EXIT_DISC: length', 4, '800403 000001', 'treat-as-withdraw', 5],
    ['MULTI_EXIT_DISC: flags', 4, '400404 00000001', 'treat-as-withdraw', 4],
    ['LOCAL_PREF from outside: length', 5, '400503 000001', 'attribute-discard', 5],
    ['LOCAL_PREF from outside: flags', 5, 'c00504 00000064', 'attribute-discard', 4],
    ['ATOMIC_AGGREGATE: length', 6, '400601 00', 'attribute-discard', 5],
    ['AGGREGATOR: length', 7, 'c00706 fde90a000001', 'attribute-discard', 5],
    ['AGGREGATOR: AS 0 (RFC 7607)', 7, 'c00708 000000000a000001', 'attribute-discard', 9],
    ['COMMUNITIES: not a multiple of four', 8, 'c00803 fde900', 'treat-as-withdraw', 5],
    ['COMMUNITIES: none', 8, 'c00800', 'treat-as-withdraw', 5],
    ['EXTENDED COMMUNITIES: flags', 16, '401008 0002fde900000001', 'treat-as-withdraw', 4],
    ['EXTENDED COMMUNITIES: not a multiple of eight', 16, 'c01004 00020000', 'treat-as-withdraw', 5],
    ['IPv6 EXTENDED COMMUNITIES: not a multiple of twenty', 25, 'c01904 00020000', 'treat-as-withdraw', 5],
    ['LARGE_COMMUNITY: not a multiple of twelve (RFC 8092 §6)', 32, 'c02004 00020000', 'treat-as-withdraw', 5],
    ['LARGE_COMMUNITY: none (RFC 8092 §6)', 32, 'c02000', 'treat-as-withdraw', 5],
  ])('%s', (_, code, attribute, action, subcode) => {
    const update = survived(`${others(code)}${attribute}`)
    expect(update.errors).toMatchObject([{ action, attribute: code, subcode }])
    expect(update.nlri).toHaveLength(1)
    expect(treatAsWithdraw(update)).toBe(action === 'treat-as-withdraw')
    // 19 octets of header, 4 of lengths, then the others.
    expect(update.errors[0]?.offset).toBe(23 + others(code).replace(/\s/g, '').length / 2)
  })

  test('ORIGINATOR_ID and CLUSTER_LIST from outside: nobody reads them, sound or not (§7.9, §7.10)', () => {
    const update = survived(`${ORIGIN} ${PATH} ${HOP} 800901 00 800a03 000000`)
    expect(update.errors).toEqual([])
    expect(update.attributes.slice(3).map((a) => a.type)).toEqual(['unknown', 'unknown'])
    const marked = survived(`${ORIGIN} ${PATH} ${HOP} 400904 01020304 c00a04 01020304`)
    expect(marked.errors).toMatchObject([
      { action: 'attribute-discard', attribute: 9, subcode: 4 },
      { action: 'attribute-discard', attribute: 10, subcode: 4 },
    ])
  })

  test('RFC 4760 §3: a NEXT_HOP without NLRI of its own is ignored, whatever it says', () => {
    const reach = `800e1e 0002 01 10 20010db8000000000000000000000001 00 3f 20010db800000000 ${ORIGIN}${PATH}`
    for (const hop of ['400304 00000000', '400303 0a0001', 'c00304 0a00010b']) {
      const update = survived(`${reach} ${hop}`, '', IPV6)
      expect(update.errors).toMatchObject([{ action: 'attribute-discard', attribute: 3 }])
      expect(treatAsWithdraw(update)).toBe(false)
    }
    expect(treatAsWithdraw(survived(`${ORIGIN}${PATH} 400304 00000000`))).toBe(true)
  })

  test.each([
    ['AS4_PATH: segment overrun', 17, 'c01106 0202 0000fde9', 11],
    ['AS4_PATH: AS 0', 17, 'c01106 0201 00000000', 11],
    ['AS4_AGGREGATOR: length', 18, 'c01206 0000fde90a00', 5],
    ['AS4_AGGREGATOR: AS 0', 18, 'c01208 000000000a000001', 9],
  ])('from a two-octet speaker, %s: attribute discard (RFC 6793 §6, RFC 7607)', (_, code, attribute, subcode) => {
    const update = survived(`${ORIGIN} 400204 02015ba0 ${HOP}${attribute}`, NLRI, OLD)
    expect(update.errors).toMatchObject([{ action: 'attribute-discard', attribute: code, subcode }])
  })

  test('RFC 6793 §6: confederation segments are left out of an AS4_PATH', () => {
    const update = survived(`${ORIGIN} 400204 02015ba0 ${HOP} c0110c 0301 0000fde9 0201 00010001`, NLRI, OLD)
    expect(update.errors).toEqual([])
    expect(update.attributes).toContainEqual({ type: 'as4-path', segments: [{ kind: 'sequence', asns: [65537] }] })
  })
})

describe('RFC 7606 §3: the strongest action wins', () => {
  test('(h) attribute discard beside treat-as-withdraw: the routes are withdrawn', () => {
    const update = survived(`400101 03 ${PATH} ${HOP} 400601 00`)
    expect(update.errors.map((e) => e.action)).toEqual(['treat-as-withdraw', 'attribute-discard'])
    expect(treatAsWithdraw(update)).toBe(true)
  })

  test('(h) treat-as-withdraw beside session reset: the session ends', () => {
    expect(decode(`400101 03 ${PATH} ${HOP} 800e03 000101`, NLRI)).toMatchObject({ ok: false, error: { code: 3, subcode: 9 } })
  })

  test('(c) an MP_REACH_NLRI with wrong flags: its routes are known, and withdrawn', () => {
    const update = survived(`400e0e 0001 01 04 0a00010b 00 20 0a000001 ${ORIGIN} ${PATH}`, '')
    expect(update.errors).toMatchObject([{ action: 'treat-as-withdraw', attribute: 14, subcode: 4 }])
    expect(update.attributes[0]).toMatchObject({ type: 'mp-reach', nlri: [{ length: 32 }] })
  })

  test('§5.2: attributes in error without any route to withdraw end the session', () => {
    expect(decode(`400101 03 ${PATH} ${HOP}`, '')).toMatchObject({ ok: false, error: { code: 3, subcode: 6, offset: 23 } })
    // What may be discarded may be discarded here too.
    expect(survived(`${ORIGIN} ${PATH} 400601 00`, '').errors).toHaveLength(1)
  })
})

describe('RFC 4271 §6.3: what ends the session, with its data', () => {
  test.each([
    ['a well-known attribute that is unknown: the attribute', `${ORIGIN}${PATH}${HOP} 407f02 abcd`, NLRI, 2, '407f02abcd'],
    ['MP_REACH_NLRI cut short: the attribute', `800e03 000101 ${ORIGIN}${PATH}`, '', 9, '800e03000101'],
    [
      'MP_REACH_NLRI with a next hop of five octets',
      `800e0a 0001 01 05 0a00010b00 00 ${ORIGIN}${PATH}`,
      '',
      9,
      '800e0a000101050a00010b0000',
    ],
    ['MP_UNREACH_NLRI with an impossible prefix', '800f05 0001 01 21 0a', '', 9, '800f05000101210a'],
    ['an attribute in error in an UPDATE without routes: the attribute', `${ORIGIN}400206 0501 0000fde9`, '', 11, '40020605010000fde9'],
    ['with Extended Length', `${ORIGIN}50020006 0501 0000fde9`, '', 11, '5002000605010000fde9'],
    ['a missing well-known attribute in an UPDATE without routes: its type', `800e05 0001 01 00 00`, '', 9, '800e050001010000'],
    ['an NLRI of 33 bits', `${ORIGIN}${PATH}${HOP}`, '210a00000100', 10, ''],
  ])('%s', (_, attributes, nlri, subcode, data) => {
    const decoded = decode(attributes, nlri)
    expect(decoded).toMatchObject({ ok: false, error: { code: 3, subcode } })
    if (!decoded.ok) expect(toHex(decoded.error.data)).toBe(data)
  })

  test('RFC 4760, 7606 §7.11: an IPv6 next hop of another length than 16 or 32', () => {
    const attribute = `800e09 0002 01 04 0a00010b 00 ${ORIGIN}${PATH}`
    expect(decode(attribute, '', IPV6)).toMatchObject({ ok: false, error: { code: 3, subcode: 9 } })
    // Where the family was not negotiated its content is nobody's business.
    expect(decode(attribute, '')).toMatchObject({ ok: true })
  })
})

test('an error says which field is wrong, and at which octet', () => {
  expect(explain(survived(`400101 07 ${PATH} ${HOP}`).errors[0]!)).toBe('ORIGIN at octet 23: ORIGIN is 7')
  expect(explain(survived(`${ORIGIN} ${PATH}`).errors[0]!)).toBe('NEXT_HOP: well-known attribute 3 is missing')
  const bad = decode(`${ORIGIN}${PATH}${HOP}`, `${NLRI} 210a00000100`)
  expect(bad.ok ? '' : explain(bad.error)).toBe('NLRI at octet 48: an NLRI has a prefix length of 33')
  const unreach = decode('800f05 0001 01 21 0a', '')
  expect(unreach.ok ? '' : explain(unreach.error)).toBe('MP_UNREACH_NLRI at octet 29: an NLRI has a prefix length of 33')
})
