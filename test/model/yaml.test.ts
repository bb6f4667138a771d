import { describe, expect, test } from 'vitest'
import { formatDiagnostic, formatPath, readDocuments, sourceFrame } from '../../src/model/index.ts'

const one = (text: string) => readDocuments('f.yaml', text).documents[0]!

describe('readDocuments', () => {
  test('keeps the place of every value and of every name', () => {
    const document = one('# c\nspec:\n  peers:\n    - ip: 10.0.0.1\n      asn: 65002\n')
    expect(document.value).toEqual({ spec: { peers: [{ ip: '10.0.0.1', asn: 65002 }] } })
    expect(document.at(['spec', 'peers', 0, 'asn'])).toEqual({ line: 5, column: 12 })
    expect(document.atKey(['spec', 'peers', 0, 'asn'])).toEqual({ line: 5, column: 7 })
    expect(document.at(['spec', 'peers', 0])).toEqual({ line: 4, column: 7 })
  })

  test('answers with the nearest ancestor for what is not there, and with the name for a null', () => {
    const document = one('spec:\n  peers:\n  vips: {}\n')
    expect(document.at(['spec', 'nothing', 3])).toEqual({ line: 2, column: 3 })
    expect(document.at(['spec', 'peers'])).toEqual({ line: 2, column: 3 })
  })

  test('reads several documents, each with positions in the whole file, and leaves empty ones out', () => {
    const { documents, diagnostics } = readDocuments('f.yaml', '---\na: 1\n---\n# nothing\n---\nb: 2\n')
    expect(diagnostics).toEqual([])
    expect(documents.map((d) => d.value)).toEqual([{ a: 1 }, { b: 2 }])
    expect(documents[1]!.at(['b'])).toEqual({ line: 6, column: 4 })
    expect(documents[1]!.index).toBe(1)
  })

  test('resolves anchors, aliases and merge keys, and finds the anchored place', () => {
    const document = one('base: &b {asn: 65002}\npeer: *b\nmore:\n  <<: *b\n  ip: 10.0.0.1\n')
    expect(document.value).toEqual({ base: { asn: 65002 }, peer: { asn: 65002 }, more: { asn: 65002, ip: '10.0.0.1' } })
    expect(document.at(['peer', 'asn'])).toEqual({ line: 1, column: 16 })
  })

  test.each([
    ['duplicate-key', 'a: 1\nb: 2\na: 3\n', '3:1'],
    ['yaml-tab', 'a:\n\tb: 1\n', '2:1'],
    ['yaml-syntax', 'a: [1, 2\nb: 3\n', '2:1'],
    ['yaml-alias', 'a: *nowhere\n', undefined],
  ])('reports %s as a diagnostic', (code, text, at) => {
    const { diagnostics } = readDocuments('f.yaml', text)
    const found = diagnostics.find((d) => d.code === code)
    expect(found, diagnostics.map(formatDiagnostic).join('\n')).toMatchObject({ severity: 'error', file: 'f.yaml' })
    if (at !== undefined) expect(`${found!.line}:${found!.column}`).toBe(at)
  })

  test('a bomb of aliases is refused, not expanded', () => {
    let text = 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n'
    for (let i = 1; i < 9; i++)
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(',')}]\n`
    expect(readDocuments('f.yaml', text).diagnostics.map((d) => d.code)).toContain('yaml-alias')
  })

  test('duplicate keys do not make a document unbelievable; a syntax error does', () => {
    expect(one('a: 1\na: 2\n').broken).toBe(false)
    expect(one('a: [1\nb: 2\n').broken).toBe(true)
  })
})

test('paths are written as people write them', () => {
  expect(formatPath(['spec', 'bgpPeers', 1, 'asn'])).toBe('spec.bgpPeers[1].asn')
  expect(formatPath(['metadata', 'annotations', 'a.b/c'])).toBe('metadata.annotations["a.b/c"]')
})

describe('sourceFrame', () => {
  test('shows the lines around, with a caret under the token', () => {
    const frame = sourceFrame('a: 1\nb:\n  - 10.0.2.11\nc: 3\nd: 4\ne: 5\n', { line: 3, column: 5 })
    expect(frame).toBe(['  1 | a: 1', '  2 | b:', '> 3 |   - 10.0.2.11', '    |     ^^^^^^^^^', '  4 | c: 3', '  5 | d: 4'].join('\n'))
  })

  test('lets no control character reach the terminal', () => {
    expect(sourceFrame('\ta: \u001b[31mred', { line: 1, column: 2 }).split('\n')[0]).toBe('> 1 | →a: ·[31mred')
  })

  test('a position after the last line is still a frame', () => {
    expect(sourceFrame('a: 1', { line: 1, column: 5 })).toContain('^')
  })
})
