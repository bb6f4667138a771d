import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { proofs, REQUIREMENTS, requirementsPage } from './requirements.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('a test or a scenario proves each requirement, and none is claimed that there is not', () => {
  const claimed = [...proofs(root).keys()].sort()
  expect(claimed).toEqual(Object.keys(REQUIREMENTS).sort())
})

test('docs/requirements.md is of today; npm run docs:requirements makes it anew', () => {
  expect(readFileSync(`${root}docs/requirements.md`, 'utf8')).toBe(requirementsPage(root))
})
