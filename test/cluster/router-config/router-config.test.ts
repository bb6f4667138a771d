import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { peerNeeds } from '../../../src/cluster/check/index.ts'
import { loadCluster } from '../../../src/cluster/index.ts'
import { ROUTER_DIALECTS, type RouterDialect, routerConfig } from '../../../src/cluster/router-config/index.ts'

const text = (name: string) => readFileSync(new URL(`../resources/fixtures/${name}.yaml`, import.meta.url), 'utf8')
const needsOf = (name: string) => peerNeeds(loadCluster(name, text(name)).cluster!)
const config = (dialect: RouterDialect, name: string, peer: number) => routerConfig(dialect, needsOf(name)[peer]!, 'bm')
const lines = (all: string, part: string) => all.split('\n').filter((line) => line.includes(part))

/** Per dialect: what names a neighbor, what makes it multihop, and what asks for ADD-PATH. */
const WORDS: Readonly<
  Record<RouterDialect, { readonly neighbor: RegExp; readonly multihop: string; readonly addPath: string | undefined }>
> = {
  frr: { neighbor: /neighbor (\S+) remote-as 65001$/gm, multihop: 'ebgp-multihop 64', addPath: undefined },
  gobgp: { neighbor: /neighbor-address = "(.+)"$/gm, multihop: 'multihop-ttl = 64', addPath: 'receive = true' },
  bird: { neighbor: /neighbor (\S+) as 65001;$/gm, multihop: 'multihop 64;', addPath: 'add paths rx;' },
  cumulus: { neighbor: /neighbor (\S+) remote-as 65001$/gm, multihop: 'multihop-ttl 64', addPath: undefined },
  'arista-eos': { neighbor: /neighbor (\S+) remote-as 65001$/gm, multihop: 'ebgp-multihop 64', addPath: 'additional-paths receive' },
  'cisco-nxos': {
    neighbor: /neighbor (\S+)\n {4}remote-as 65001$/gm,
    multihop: 'ebgp-multihop 64',
    addPath: 'additional-paths receive',
  },
}

describe.each(ROUTER_DIALECTS)('for %s', (dialect) => {
  const words = WORDS[dialect]

  test('every address that will knock is a neighbor, once; multihop and ADD-PATH where they are needed, and only there', () => {
    const all = config(dialect, 'peers-per-rack', 0)
    const neighbors = [...all.matchAll(words.neighbor)].map((match) => match[1])
    expect(neighbors).toEqual(['10.0.1.10', '10.0.1.11', '10.0.1.100', '10.0.2.100'])
    expect(lines(all, words.multihop)).toHaveLength(2)
    if (words.addPath !== undefined) expect(lines(all, words.addPath)).toHaveLength(2)
    expect(lines(all, '65002').length).toBeGreaterThan(0)
  })

  test("takes the cluster's VIPs and nothing else, and as many paths as are needed", () => {
    const all = config(dialect, 'peers-per-rack', 0)
    for (const prefix of ['10.0.0.8/32', '10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/32']) expect(all).toContain(prefix)
    expect(/(?:maximum-paths|ebgp|limit) 16\b|use-multiple-paths/.test(all)).toBe(true)
    expect(all).not.toMatch(/undefined|NaN|\[object/)
    expect(all.endsWith('\n')).toBe(true)
  })

  test('without services there is no ADD-PATH', () => {
    const all = config(dialect, 'planes-apart', 0)
    if (words.addPath !== undefined) expect(lines(all, words.addPath)).toEqual([])
    expect(lines(all, words.multihop)).toEqual([])
  })

  test('the same file always gives the same text', () => {
    expect(config(dialect, 'shared-peers', 1)).toBe(config(dialect, 'shared-peers', 1))
  })
})

test('NX-OS receives ADD-PATH from the floating IPs alone: under the address family it would be on for every neighbor of the router', () => {
  const said = config('cisco-nxos', 'peers-per-rack', 0)
    .split('\n  neighbor ')
    .filter((each) => each.includes('additional-paths'))
  expect(said.map((each) => each.split('\n')[0])).toEqual(['10.0.1.100', '10.0.2.100'])
  for (const each of said) expect(each).toContain('\n      capability additional-paths receive')
})

test('a pool of many nodes raises the number of paths', () => {
  const needs = { ...needsOf('shared-peers')[0]!, paths: 40 }
  expect(routerConfig('frr', needs, 'bm')).toContain('maximum-paths 40')
  expect(routerConfig('cisco-nxos', { ...needs, paths: 99 }, 'bm')).toContain('maximum-paths 64')
})

test('names of filters are made of what every system takes', () => {
  expect(routerConfig('frr', needsOf('shared-peers')[0]!, 'tokyo.prod_1')).toContain('route-map TOKYO-PROD-1-IN permit 10')
  expect(routerConfig('bird', needsOf('shared-peers')[0]!, 'tokyo.prod_1')).toContain('filter TOKYO_PROD_1_IN')
})
