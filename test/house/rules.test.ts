import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { breachesIn, breachesOf, sourceFiles } from './rules.ts'

const src = new URL('../../src', import.meta.url).pathname

describe('the house', () => {
  it('keeps imports in one direction and protocol code pure of the outside', () => {
    expect(sourceFiles(src).length).toBeGreaterThan(10)
    expect(breachesIn(src).map((breach) => `${breach.file}:${breach.line}: ${breach.what}`)).toEqual([])
  })

  it.each(sourceFiles(src).filter((file) => file.split('/').length === 2 && file.endsWith('/index.ts')))(
    '%s opens with what the room is for',
    (file) => {
      expect(readFileSync(`${src}/${file}`, 'utf8')).toMatch(/^\/\*\*\n \* \w+/)
    },
  )
})

describe('the rules can fail', () => {
  const cases: [path: string, text: string, what: RegExp][] = [
    ['net/a.ts', `import { x } from '../model/index.ts'`, /net must not import model/],
    ['bgp/a.ts', `import type { X } from '../cluster/index.ts'`, /bgp must not import cluster/],
    ['report/a.ts', `export * from '../world/index.ts'`, /report must not import world/],
    ['engine/lab.ts', `import '../report/index.ts'`, /engine must not import report/],
    ['engine/docker/a.ts', `import '../sim/index.ts'`, /engine\/docker must not import engine\/sim/],
    ['engine/sim/net/a.ts', `import '../driver/driver.ts'`, /must not import engine\/sim\/driver/],
    ['engine/sim/net/a.ts', `const x = new Promise(() => {})`, /uses Promise/],
    ['bgp/a.ts', `import { connect } from 'node:net'`, /imports node:net/],
    ['scenario/a.ts', `const fs = await import('node:fs')`, /imports node:fs/],
    ['cluster/a.ts', `import { parse } from 'yaml'`, /imports the package yaml/],
    ['bgp/a.ts', `export async function f() {}`, /is async/],
    ['bgp/a.ts', `const f = async () => 1`, /is async/],
    ['cluster/a.ts', `async function f() { for await (const x of y) {} }`, /awaits/],
    ['cluster/a.ts', `const x = new Promise(() => {})`, /uses Promise/],
    ['cluster/a.ts', `let x: Promise<void>`, /speaks of Promise/],
    ['world/virtual/a.ts', `setTimeout(f, 1)`, /uses setTimeout/],
    ['bgp/a.ts', `const t = Date.now()`, /uses Date/],
    ['bgp/a.ts', `const t = Math.random()`, /uses Math.random/],
    ['bgp/a.ts', `const later = { run: queueMicrotask }`, /uses queueMicrotask/],
    ['bgp/a.ts', `(globalThis as never)['setTimeout']()`, /uses globalThis/],
  ]
  it.each(cases)('%s: %s', (path, text, what) => {
    expect(breachesOf(path, text).map((breach) => breach.what)).toEqual(expect.arrayContaining([expect.stringMatching(what)]))
  })

  it('does not mistake a property or a type for a use', () => {
    expect(
      breachesOf(
        'bgp/a.ts',
        `import type { Clock } from '../world/index.ts'\nconst x = { Date: 1, process() {} }\nx.Date; x.process()\ninterface P { process: number }`,
      ),
    ).toEqual([])
  })
})
