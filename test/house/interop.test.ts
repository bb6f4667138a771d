import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { gapsIn } from '../interop/matrix/page.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/interop.md', import.meta.url)), 'utf8')

test('docs/interop.md has a time or a reason for every daemon, connection, and fault; npm run docs:interop makes it anew', () => {
  expect(gapsIn(page)).toEqual([])
})

test('a gap is told', () => {
  const row = /^\| our kill -9 .*$/m
  expect(gapsIn(page.replace(row, ''))).toHaveLength(6)
  expect(gapsIn(page.replace(row, (line) => line.replace(/\| [^|]+\|$/, '| **failed**: no route |')))).toEqual([
    'FRR, one path, both: our kill -9: **failed**: no route',
  ])
  expect(gapsIn(page.replace(/^## BIRD[\s\S]*?(?=^## )/m, ''))).toEqual(['no section on bird'])
})
