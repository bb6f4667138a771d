import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Resolver } from '../../../../../src/engine/docker/routers/fib/resolve.ts'
import { type GobgpDestination, type GobgpPath, parseDestination, parsePeer } from '../../../../../src/engine/docker/routers/gobgp/api.ts'
import { parseDryRun } from '../../../../../src/engine/docker/routers/gobgp/check.ts'
import { FrameReader } from '../../../../../src/engine/docker/routers/gobgp/grpc.ts'
import { changes, failures, ownRoutes } from '../../../../../src/engine/docker/routers/gobgp/installer.ts'
import { encode, Message } from '../../../../../src/engine/docker/routers/gobgp/proto.ts'
import { type PeerHistory, readGobgpSessions } from '../../../../../src/engine/docker/routers/gobgp/read.ts'
import { select } from '../../../../../src/engine/docker/routers/gobgp/select.ts'
import { golden, plan } from '../support.ts'

const messages = (name: string) =>
  golden(name)
    .trim()
    .split('\n')
    .map((line) => Uint8Array.from(Buffer.from(line, 'hex')))

const peers = messages('gobgp-peers.golden.txt').map(parsePeer)
const destinations = messages('gobgp-table.golden.txt').map(parseDestination)
const vip = destinations.find((one) => one.prefix === '10.0.0.1/32')!
const resolver = new Resolver([
  { device: 'tor1', prefix: '10.0.1.0/24', protocol: 'kernel', metric: 0, nextHops: [{ interface: 'rack0', weight: 1 }] },
])
const AT = { lab: 100_000_000, wallSeconds: peers[0]!.upSinceSeconds + 2.5 }
const UP: PeerHistory = { ups: 1, up: true }

describe('sessions of GoBGP', () => {
  it('have their ends, state, count and what they negotiated, in order of address', () => {
    const histories = new Map(peers.map((peer) => [peer.address, UP]))
    expect(readGobgpSessions(plan('gobgp'), [...peers].reverse(), histories, AT)).toEqual(
      [
        { peerAddress: '10.0.1.100', receive: true, prefixesReceived: 3 },
        { peerAddress: '10.0.1.101', receive: true, prefixesReceived: 1 },
        { peerAddress: '10.0.1.102', receive: false, prefixesReceived: 1 },
      ].map(({ peerAddress, receive, prefixesReceived }) => ({
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
        upSince: expect.any(Number),
      })),
    )
  })

  it('say since when they are up, by the daemon’s own clock', () => {
    const since = (peer: (typeof peers)[number]) => readGobgpSessions(plan('gobgp'), [peer], new Map(), AT)[0]?.upSince
    expect(peers[0]!.upSinceSeconds).toBeGreaterThan(1_700_000_000)
    expect(since(peers[0]!)).toBe(AT.lab - 2_500_000)
    expect(since({ ...peers[0]!, state: 1 })).toBeUndefined()
  })

  it('count alike whether the API or the log tells first', () => {
    const count = (history: PeerHistory) =>
      readGobgpSessions(plan('gobgp'), [peers[0]!], new Map([[peers[0]!.address, history]]), AT)[0]?.establishedCount
    expect(count({ ups: 1, up: false })).toBe(2)
    expect(count({ ups: 2, up: true })).toBe(2)
  })

  it('say why they were lost', () => {
    const history = { ups: 1, up: false, reason: 'hold-timer-expired' }
    const [session] = readGobgpSessions(plan('gobgp'), [{ ...peers[0]!, state: 1 }], new Map([[peers[0]!.address, history]]), AT)
    expect(session).toMatchObject({
      state: 'Idle',
      establishedCount: 1,
      reason: 'hold-timer-expired',
      addPath: { receive: false, send: false },
    })
  })
})

describe('paths of GoBGP', () => {
  it('have path identifiers where the session has ADD-PATH', () => {
    const of = (neighbor: string) => vip.paths.filter((path) => path.neighbor === neighbor).map((path) => [path.identifier, path.nextHop])
    expect(of('10.0.1.100').sort()).toEqual([
      [1, '10.0.1.11'],
      [2, '10.0.1.12'],
      [3, '10.0.1.13'],
    ])
    expect(of('10.0.1.102')).toEqual([[0, '10.0.1.12']])
    expect(vip.paths.filter((path) => path.best)).toHaveLength(1)
  })

  const [model] = vip.paths
  const path = (more: Partial<GobgpPath>): GobgpPath => ({ ...model!, best: false, neighbor: '10.0.1.100', identifier: 1, ...more })
  const choose = (paths: GobgpPath[], more = {}, prefix = '10.0.0.1/32') =>
    select(plan('gobgp', more), { prefix, paths } satisfies GobgpDestination, resolver)
  const used = (selection: ReturnType<typeof choose>) => selection.route.paths.filter((one) => one.multipath).map((one) => one.nextHop)

  it('are all used that equal the best, a next hop once', () => {
    const selection = select(plan('gobgp'), vip, resolver)
    expect(used(selection).sort()).toEqual(['10.0.1.11', '10.0.1.12', '10.0.1.13'])
    expect(selection.hops.map((one) => one.via)).toEqual(['10.0.1.11', '10.0.1.12', '10.0.1.13'])
    const unused = selection.route.paths.filter((one) => !one.multipath)
    expect(unused).toMatchObject([{ nextHop: '10.0.1.12', whyNot: 'its next hop is already in use through another path' }])
  })

  it('are left out, with the reason, when the kernel cannot resolve them; the others stay', () => {
    const selection = choose([path({ nextHop: '10.0.9.9', best: true }), path({ nextHop: '10.0.1.11', identifier: 2 })])
    expect(used(selection)).toEqual(['10.0.1.11'])
    expect(selection.route.paths[0]).toMatchObject({ best: true, valid: false, whyNot: expect.stringContaining('no route to it') })
    expect(selection.hops).toEqual([{ via: '10.0.1.11', interface: 'rack0' }])
  })

  it.each([
    ['a longer AS path', { asPath: [65001, 65009] }, 'AS path is longer'],
    ['a lower preference', { localPreference: 50 }, 'local preference is lower'],
    ['another origin', { origin: 2 }, 'origin is worse'],
    ['a higher MED', { med: 10 }, 'MED is higher'],
    ['our own AS', { asPath: [65009, 65002] }, 'loop'],
  ])('are not used with %s', (_, worse, reason) => {
    const selection = choose([path({ nextHop: '10.0.1.11', best: true }), path({ nextHop: '10.0.1.12', identifier: 2, ...worse })])
    expect(used(selection)).toEqual(['10.0.1.11'])
    expect(selection.route.paths[1]?.whyNot).toContain(reason)
  })

  it('are used up to maximum-paths distinct next hops', () => {
    const paths = [11, 12, 13].map((last, index) => path({ nextHop: `10.0.1.${last}`, identifier: last, best: index === 0 }))
    const selection = choose([...paths, path({ nextHop: '10.0.1.11', neighbor: '10.0.1.101', identifier: 9 })], { maximumPaths: 2 })
    expect(used(selection)).toEqual(['10.0.1.11', '10.0.1.12'])
    expect(selection.route.paths.find((one) => one.nextHop === '10.0.1.13')?.whyNot).toContain('maximum-paths 2 is reached')
  })

  it('of its own are never installed', () => {
    const own = destinations.find((one) => one.prefix === '10.0.1.0/24')!
    expect(select(plan('gobgp'), own, resolver)).toMatchObject({
      route: { paths: [{ from: '0.0.0.0', best: true, multipath: true }] },
      hops: [],
    })
  })
})

describe('the route installer', () => {
  const selection = select(plan('gobgp'), vip, resolver)
  const kernel = (vias: readonly string[], protocol = '179', metric = 20) => ({
    device: 'tor1',
    prefix: '10.0.0.1/32',
    protocol,
    metric,
    nextHops: vias.map((via) => ({ via, interface: 'rack0', weight: 1 })),
  })
  const commands = (installed: ReturnType<typeof kernel>[], selections = [selection]) =>
    changes(selections, ownRoutes(installed)).map((change) => change.command)

  it('replaces a route that differs in one step', () => {
    expect(commands([kernel(['10.0.1.11'])])).toEqual([
      'route replace 10.0.0.1/32 proto 179 metric 20 nexthop via 10.0.1.11 dev rack0 weight 1 nexthop via 10.0.1.12 dev rack0 weight 1 nexthop via 10.0.1.13 dev rack0 weight 1',
    ])
  })

  it('leaves alone what is right, and what is not its own', () => {
    expect(commands([kernel(['10.0.1.11', '10.0.1.12', '10.0.1.13'])])).toEqual([])
    expect(commands([kernel(['10.0.1.11'], 'bgp')], [])).toEqual([])
    expect(commands([kernel(['10.0.1.11'], '179', 5)], [])).toEqual([])
  })

  it('deletes a route that has no path left', () => {
    expect(commands([kernel(['10.0.1.11'])], [])).toEqual(['route del 10.0.0.1/32 proto 179 metric 20'])
    expect(commands([kernel(['10.0.1.11'])], [{ ...selection, hops: [] }])).toEqual(['route del 10.0.0.1/32 proto 179 metric 20'])
  })

  it("tells failures by ip(8)'s line, but not of a route that was gone already", () => {
    const list = ['route del 10.0.0.1/32', 'route replace 10.0.0.2/32 via 10.0.9.9 dev e0'].map((command) => ({ prefix: '', command }))
    const stderr = 'RTNETLINK answers: No such process\nCommand failed -:1\nError: Nexthop has invalid gateway.\nCommand failed -:2\n'
    expect(failures(list, stderr)).toEqual(['ip route replace 10.0.0.2/32 via 10.0.9.9 dev e0: Error: Nexthop has invalid gateway.'])
  })
})

describe("errors of a user's GoBGP configuration", () => {
  it('have the line that the TOML reader names', () => {
    expect(parseDryRun('tor1.toml', '[global.config]\nx', golden('gobgpd-syntax.golden.txt'))).toEqual([
      { file: 'tor1.toml', line: 2, message: 'no value can start with x' },
    ])
  })

  it('say what an empty file lacks, which gobgpd takes', () => {
    expect(parseDryRun('tor1.toml', '# nothing yet\n', '')).toEqual([
      { file: 'tor1.toml', line: 1, message: expect.stringContaining('no [global.config]') },
    ])
  })

  it('have the line of an unknown field, which gobgpd does not name', () => {
    expect(parseDryRun('tor1.toml', '[global.config]\nas = 1\nruter-id = "1.1.1.1"\n', golden('gobgpd-key.golden.txt'))).toEqual([
      { file: 'tor1.toml', line: 3, message: "'global.config' has invalid keys: ruter-id" },
    ])
  })
})

describe('protocol buffers and their frames', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ unit: 'grapheme' }), (number, text) => {
        const inner = encode([[3, text]])
        const message = new Message(
          encode([
            [1, number],
            [2, inner],
            [2, inner],
            [15, ''],
          ]),
        )
        expect(message.number(1)).toBe(number)
        expect(message.messages(2).map((one) => one.text(3))).toEqual([text, text])
        expect(message.text(15)).toBe('')
        expect([message.number(9), message.text(9), message.message(9)]).toEqual([0, '', undefined])
      }),
    )
  })

  it('are joined from pieces', () => {
    const reader = new FrameReader()
    const bytes = Uint8Array.from([0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9])
    const whole = [...bytes].flatMap((byte) => reader.push(Uint8Array.of(byte)))
    expect(whole.map((message) => [...message])).toEqual([[7, 8], [], [9]])
  })

  it('end in an error when they are cut off', () => {
    expect(() => new Message(Uint8Array.of(0x0a, 5, 1))).toThrow('ends within a field')
  })
})
