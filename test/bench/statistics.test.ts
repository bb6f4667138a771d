import { expect, test } from 'vitest'
import { replaceBetweenMarks } from '../../lab/bench/document.ts'
import { ratios, spreadOf } from '../../lab/bench/statistics.ts'
import { asMarkdown, asText, duration, memory, times, withSpread } from '../../lab/bench/text.ts'

test('the median of an odd and of an even number of runs, and what they spread over', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, runs: 3 })
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4, runs: 4 })
  expect(spreadOf([])).toBeUndefined()
})

test('ratios are taken run by run, and a run that one of them lacks is left out', () => {
  const ours = new Map([
    [1, 10],
    [2, 30],
    [3, 5],
  ])
  const theirs = new Map([
    [1, 20],
    [2, 15],
    [4, 1],
  ])
  expect(ratios(ours, theirs)).toEqual([0.5, 2])
})

test('numbers keep three digits', () => {
  expect([0.0612, 0.0034, 0.532, 1.234, 16.04].map(duration)).toEqual(['61.2 ms', '3.40 ms', '532 ms', '1.23 s', '16.0 s'])
  expect(memory(86_400_000)).toBe('86 MB')
  expect([0.336, 12.34].map(times)).toEqual(['0.34×', '12.3×'])
  expect(withSpread({ median: 1, least: 0.5, most: 2, runs: 3 }, times)).toBe('1.00× (0.50× to 2.00×)')
  expect(withSpread({ median: 1, least: 1, most: 1, runs: 1 }, times)).toBe('1.00×')
})

test('a table in a terminal and in Markdown', () => {
  const table = { title: 'T', columns: ['', 'time'], rows: [['FRR', '1 s']], notes: ['N.'] }
  expect(asText(table)).toBe('T\n       time\n  FRR  1 s\n  N.')
  expect(asMarkdown(table)).toBe('### T\n\n|  | time |\n| --- | --- |\n| FRR | 1 s |\n\nN.')
})

test('what stands between the marks of a page is replaced, and nothing else', () => {
  const page = 'before\n<!-- x: made by the command above, do not edit -->\nold\n<!-- end of x -->\nafter\n'
  const once = replaceBetweenMarks(page, 'x', 'new')
  expect(once).toBe('before\n<!-- x: made by the command above, do not edit -->\n\nnew\n\n<!-- end of x -->\nafter\n')
  expect(replaceBetweenMarks(once, 'x', 'new')).toBe(once)
  expect(() => replaceBetweenMarks(page, 'y', 'new')).toThrow('the page has no <!-- y:')
})
