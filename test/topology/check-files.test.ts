import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hasErrors } from '../../src/model/index.ts'
import { checkFiles } from '../../src/topology/index.ts'

const read = (file: string) => ({ file, text: readFileSync(new URL(`../../topologies/${file}`, import.meta.url), 'utf8') })
const check = (folder: string, change: (topology: string) => string = (each) => each, cluster = 'cluster.yaml') => {
  const topology = read(`${folder}/topology.yaml`)
  return checkFiles([read(`${folder}/${cluster}`)], { topology: { ...topology, text: change(topology.text) } })
}
const codes = (result: ReturnType<typeof check>) => result.diagnostics.map((each) => `${each.severity} ${each.code}`)

describe("the document's three examples, each against its topology", () => {
  test.each([
    ['shared-peers', 10, []],
    ['peers-per-rack', 7, ['warning next-hop-off-subnet', 'warning next-hop-off-subnet']],
    ['split-planes', 5, ['warning one-peer']],
  ])('%s has %i sessions, no error, and nothing assumed', (folder, sessions, said) => {
    const result = check(folder)
    expect(codes(result)).toEqual(said)
    expect(result.meaning?.sessions).toHaveLength(sessions)
    expect(result.meaning?.lost).toEqual([])
    expect(result.meaning?.subnetsAssumed).toBe(false)
  })

  test('the third as it is printed: 4 sessions, the fifth lost (R33)', () => {
    const result = check('split-planes', undefined, 'as-printed.yaml')
    expect(hasErrors(result.diagnostics)).toBe(true)
    expect(result.meaning?.sessions).toHaveLength(4)
    expect(result.meaning?.lost).toMatchObject([{ localIP: '10.0.2.10', peerIP: '10.0.2.254' }])
  })
})

describe('against a topology', () => {
  test('nodes go by their names, and its Services have the VIPs', () => {
    const { meaning } = check('peers-per-rack')
    expect(meaning?.sessions[0]).toMatchObject({ localIP: '10.0.1.10', node: 'node-01' })
    expect(meaning?.vips.routes.filter((route) => route.peerIP === undefined).map((route) => `${route.prefix} ${route.what}`)).toEqual([
      '10.0.0.1/32 gke-system/istio-ingress',
      '10.0.0.2/32 default/web',
    ])
  })

  test('a peer that no link leads to is an error', () => {
    const cut = check('split-planes', (each) => each.replace('connects: [tor1, tor2, tor3]', 'connects: [tor1, tor2]'))
    expect(codes(cut)).toEqual(['warning one-peer'])
    const apart = check('peers-per-rack', (each) => each.replace('connects: [tor1, tor2]', 'connects: [tor1]'))
    expect(codes(apart).filter((each) => each.startsWith('error'))).toEqual(['error peer-unreachable', 'error peer-unreachable'])
    const [first] = apart.diagnostics.filter((each) => each.severity === 'error')
    expect(first).toMatchObject({ file: 'peers-per-rack/topology.yaml', path: 'routers.tor1' })
    expect(first!.message).toContain('no route leads from rack2 to 10.0.1.254')
  })

  test('a floating IP that is a router’s address is found where the cluster’s own file lists it (R16)', () => {
    const topology = read('shared-peers/topology.yaml')
    const { file, text } = read('shared-peers/cluster.yaml')
    const line = text.split('\n').findIndex((each) => each.includes('- 10.0.2.100')) + 1
    const { diagnostics } = checkFiles([{ file, text: text.replace('- 10.0.2.100', '- 10.0.2.1') }], { topology })
    expect(diagnostics).toMatchObject([{ code: 'floating-ip-is-router', file, line, path: 'spec.floatingIPs[1]' }])
    expect(diagnostics[0]?.message).toContain('the gateway of rack2')
  })

  test('a peer that no router is', () => {
    expect(codes(check('peers-per-rack', (each) => each.replace('rack1: 10.0.1.254', 'rack1: 10.0.1.253')))).toContain(
      'error peer-without-router',
    )
  })
})

test('subnets given by hand take the place of /24', () => {
  const [file] = [read('shared-peers/cluster.yaml')]
  const assumed = checkFiles([file])
  expect(codes(assumed)).toEqual(['note subnets-assumed'])
  const given = checkFiles([file], { subnets: ['10.0.0.0/22'] })
  expect(given.meaning).toMatchObject({ subnets: ['10.0.0.0/22'], subnetsAssumed: false })
})

test('a text that says nothing has no meaning', () => {
  expect(checkFiles([{ file: 'empty.yaml', text: '' }])).toMatchObject({ diagnostics: [{ code: 'no-cluster' }] })
  expect(checkFiles([{ file: 'empty.yaml', text: '' }]).meaning).toBeUndefined()
})
