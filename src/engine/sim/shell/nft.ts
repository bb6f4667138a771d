/**
 * nft(8), as far as it drops packets: tables of chains at the hooks `input` and `forward` whose rules end in `drop`, and match by `ip saddr`,
 * `ip daddr`, `tcp dport`, `udp dport` and `oifname`.
 *
 *     nft -f FILE · nft delete table ip NAME · nft insert rule ip TABLE HOOK … drop
 */
import type { FilterRule } from '../net/index.ts'
import { answer, type Command } from './index.ts'

export function nft({ simulation, device, words, read, done }: Command): boolean {
  const [program, ...rest] = words
  if (program !== 'nft') return false
  const { byHand } = simulation.machine(device)
  const [verb, ...more] = rest
  const fail = (stderr: string) => answer(simulation, done, { code: 1, stderr: `${stderr}\n` })
  if (verb === '-f') {
    const text = read(more[0] ?? '')
    if (text === undefined) fail(`Error: Could not open file "${more[0]}": No such file or directory`)
    else {
      for (const { table, rules } of readTables(text)) byHand.addFilter(table, rules)
      answer(simulation, done)
    }
    return true
  }
  if (verb === 'delete' && more[0] === 'table' && more[1] === 'ip') {
    if (byHand.removeFilter(more[2] ?? '')) answer(simulation, done)
    else fail('Error: No such file or directory')
    return true
  }
  if (verb === 'insert' && more[0] === 'rule' && more[1] === 'ip') {
    const [, , table = '', chain = '', ...words] = more
    byHand.addFilter(table, [readRule(chain, words.join(' '))])
    answer(simulation, done)
    return true
  }
  return false
}

/** `table ip NAME { chain NAME { type filter hook HOOK priority N; RULE; … } … }` */
export function readTables(text: string): { readonly table: string; readonly rules: readonly FilterRule[] }[] {
  const found: { table: string; rules: FilterRule[] }[] = []
  let hook = ''
  for (const part of text.split(/[;\n]/).map((each) => each.trim())) {
    if (part === '' || /^\}+$/.test(part)) continue
    const table = /^table ip (\w+) \{$/.exec(part)?.[1]
    const chain = /^chain \w+ \{ type filter hook (input|forward) priority -?\d+$/.exec(part)?.[1]
    if (table !== undefined) found.push({ table, rules: [] })
    else if (chain !== undefined) hook = chain
    else if (!/^[\s}]*$/.test(part)) found.at(-1)?.rules.push(readRule(hook, part))
  }
  return found
}

/** @throws Error it is more than is simulated. */
export function readRule(hook: string, text: string): FilterRule {
  const refuse = () =>
    new Error(`nft: ${JSON.stringify(text)} at ${JSON.stringify(hook)}: the simulator has no such rule; it needs real routers`)
  if (hook !== 'input' && hook !== 'forward') throw refuse()
  const words = text.replace(/[{},]/g, ' ').trim().split(/\s+/)
  const rule: { -readonly [K in keyof FilterRule]: FilterRule[K] } = { hook }
  let at = 0
  const addresses = (): string[] => {
    const start = at
    while (/^\d+\.\d+\.\d+\.\d+$/.test(words[at] ?? '')) at++
    return words.slice(start, at)
  }
  while (at < words.length) {
    const [first, second] = [words[at], words[at + 1]]
    at += 2
    if (first === 'ip' && second === 'saddr') rule.sources = addresses()
    else if (first === 'ip' && second === 'daddr') rule.destinations = addresses()
    else if ((first === 'tcp' || first === 'udp') && second === 'dport') {
      rule.protocol = first
      rule.port = Number(words[at++])
    } else if (first === 'oifname') rule.outInterface = second?.replaceAll('"', '') ?? ''
    else if (first === 'drop' && second === undefined) return rule
    else throw refuse()
  }
  throw refuse()
}
