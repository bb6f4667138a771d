import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { namesIn } from './requirements.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(`${root}docs/rfc-status.md`, 'utf8')

/** What a speaker of today is asked for, each with its row. */
const ASKED = [
  ...[1997, 2385, 2918, 4271, 4486, 4724, 4760, 5082, 5492, 6286, 6608, 6793, 7313, 7606, 7607, 7911, 8092, 8212, 8326, 8654],
  ...[9003, 9072, 9687],
]

interface Row {
  readonly rfcs: string
  readonly state: string
  readonly proof: string
}

const rows = [...page.matchAll(/^\| (\d[^|]*) \|[^|]*\| ([^|]*) \| (.*) ?\|$/gm)].map(
  ([, rfcs = '', state = '', proof = '']): Row => ({ rfcs, state, proof }),
)

/** `[file](../test/….test.ts) *title*, *title*` → each file with its titles. */
function claims(text: string): { readonly file: string; readonly title: string }[] {
  const parts = text.split(/\]\(\.\.\/(test\/[^)]+)\)/)
  return parts.flatMap((part, i) =>
    i % 2 === 0 ? [] : [...(parts[i + 1] ?? '').matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => ({ file: part, title })),
  )
}

/** The names of the file's tests have it, in this order of words: `…` stands for anything, also for what is between a group and its test. */
function proves({ file, title }: { readonly file: string; readonly title: string }): boolean {
  const names = [...namesIn(readFileSync(`${root}${file}`, 'utf8'))].join('\n').toLowerCase()
  let at = 0
  for (const words of title.toLowerCase().split('…')) {
    const found = names.indexOf(words.trim(), at)
    if (found < 0) return false
    at = found + words.trim().length
  }
  return true
}

test('docs/rfc-status.md says of each RFC what is spoken of it', () => {
  const told = new Set(rows.flatMap(({ rfcs }) => [...rfcs.matchAll(/\b\d{4}\b/g)].map(([number]) => Number(number))))
  expect(ASKED.filter((number) => !told.has(number))).toEqual([])
  expect(rows.filter(({ state }) => !/^(supported(, option)?|not supported|never)$/.test(state))).toEqual([])
})

test('what is supported names the tests that prove it, and they are there', () => {
  expect(rows.filter(({ state, proof }) => state.startsWith('supported') && claims(proof).length === 0)).toEqual([])
  expect(
    page
      .split('\n')
      .flatMap(claims)
      .filter((claim) => !proves(claim)),
  ).toEqual([])
})

test('a test that is not there is told', () => {
  expect(proves({ file: 'test/bgp/policy.test.ts', title: 'graceful shutdown … its paths are the last choice' })).toBe(true)
  expect(proves({ file: 'test/bgp/policy.test.ts', title: 'its paths are the first choice' })).toBe(false)
})
