import { describe, expect, it } from 'vitest'
import { type FrrNeighbors, type FrrTable, readFrrRoutes, readFrrSessions } from '../../../../../src/engine/docker/routers/frr/read.ts'
import { golden, plan } from '../support.ts'

const neighbors = JSON.parse(golden('frr-neighbors.golden.json')) as FrrNeighbors
const table = JSON.parse(golden('frr-table.golden.json')) as FrrTable
const AT = 100_000_000
const routes = (more = {}, peers = neighbors) => readFrrRoutes(plan('frr', more), table, peers)
const path = (prefix: string, from: string, nextHop: string, list = routes()) =>
  list.find((route) => route.prefix === prefix)?.paths.find((one) => one.from === from && one.nextHop === nextHop)

describe('sessions of FRR', () => {
  it('have their ends, state, count and what they negotiated', () => {
    expect(readFrrSessions(plan('frr'), neighbors, AT)).toEqual(
      [
        { peerAddress: '10.0.1.100', receive: true, prefixesReceived: 3, upSince: AT - 3_000_000 },
        { peerAddress: '10.0.1.101', receive: true, prefixesReceived: 1, upSince: AT - 1_000_000 },
        { peerAddress: '10.0.1.102', receive: false, prefixesReceived: 1, upSince: AT - 1_000_000 },
      ].map(({ peerAddress, receive, prefixesReceived, upSince }) => ({
        device: 'tor1',
        localAddress: '10.8.0.10',
        peerAddress,
        localAsn: 65002,
        peerAsn: 65001,
        state: 'Established',
        establishedCount: 1,
        addPath: { receive, send: false },
        holdTimeSeconds: 9,
        prefixesReceived,
        upSince,
      })),
    )
  })

  it('tell that RFC 8212 drops their routes, with the cure', () => {
    const [session] = readFrrSessions(plan('frr'), JSON.parse(golden('frr-neighbors-policy.golden.json')) as FrrNeighbors, AT)
    expect(session).toMatchObject({ state: 'Established', reason: expect.stringMatching(/RFC 8212.* → no bgp ebgp-requires-policy/) })
  })

  it('take an unbound session by the address that it is configured to use', () => {
    const [session] = readFrrSessions(plan('frr'), { '10.0.1.100': { remoteAs: 65001, bgpState: 'Active', hostLocal: 'Unknown' } }, AT)
    expect(session).toMatchObject({ localAddress: '10.8.0.10', state: 'Active', addPath: { receive: false, send: false } })
  })

  it('count a session that is being cleared as Idle', () => {
    expect(readFrrSessions(plan('frr'), { '10.0.1.100': { remoteAs: 65001, bgpState: 'Clearing' } }, AT)).toMatchObject([{ state: 'Idle' }])
  })
})

describe('routes of FRR', () => {
  it('show three paths of one session in use, one of them best, with their path identifiers', () => {
    const used =
      routes()
        .find((route) => route.prefix === '10.0.0.1/32')
        ?.paths.filter((one) => one.multipath) ?? []
    expect(used.map((one) => one.nextHop).sort()).toEqual(['10.0.1.11', '10.0.1.12', '10.0.1.13'])
    expect(used.filter((one) => one.best)).toHaveLength(1)
    expect(path('10.0.0.1/32', '10.0.1.100', '10.0.1.13')).toMatchObject({ pathId: 3, asPath: [65001], valid: true })
  })

  it('show a path without identifier where the session has no ADD-PATH, and why the twin of a used one is not used', () => {
    const twin = path('10.0.0.1/32', '10.0.1.102', '10.0.1.12')
    expect(twin).toMatchObject({ valid: true, multipath: false, whyNot: 'its next hop is already in use through another path' })
    expect(twin).not.toHaveProperty('pathId')
  })

  it("say of a single-hop peer's next hop off the subnet that multihop is the cure", () => {
    expect(path('10.0.0.2/32', '10.0.1.101', '10.0.7.7')).toMatchObject({
      valid: false,
      multipath: false,
      whyNot: 'next hop not on a connected subnet, and the peer is single-hop → neighbor 10.0.1.101 ebgp-multihop',
    })
  })

  it('say of the same from a multihop peer that there is no route', () => {
    const multihop = { ...neighbors, '10.0.1.101': { ...neighbors['10.0.1.101'], externalBgpNbrMaxHopsAway: 64 } }
    expect(path('10.0.0.2/32', '10.0.1.101', '10.0.7.7', routes({}, multihop))?.whyNot).toBe(
      'next hop 10.0.7.7 is not reachable: this router has no route to it',
    )
  })

  it('say that maximum-paths is reached', () => {
    const limited: FrrTable = {
      routes: {
        '10.0.0.1/32': (table.routes?.['10.0.0.1/32'] ?? []).map((one) => (one.addpathRxId === 3 ? { ...one, multipath: false } : one)),
      },
    }
    const [route] = readFrrRoutes(plan('frr', { maximumPaths: 2 }), limited, neighbors)
    expect(route?.paths.find((one) => one.pathId === 3)?.whyNot).toBe('maximum-paths 2 is reached → maximum-paths 3 or more')
  })

  it('show its own prefixes as from 0.0.0.0', () => {
    expect(path('10.0.1.0/24', '0.0.0.0', '0.0.0.0')).toEqual({
      nextHop: '0.0.0.0',
      from: '0.0.0.0',
      asPath: [],
      valid: true,
      best: true,
      multipath: true,
    })
  })
})
