import { describe, expect, test } from 'vitest'
import {
  type AssertionResult,
  type LabEvent,
  type LabEventBody,
  type ScenarioResult,
  SECOND,
  TIMER_PROFILES,
} from '../../src/model/index.ts'
import {
  allRouteLines,
  COLOUR,
  failureLines,
  ndjsonLine,
  routeLines,
  sessionLines,
  Terminal,
  type TerminalOptions,
  timeline,
} from '../../src/report/index.ts'

const T0 = 50 * SECOND
const at = (seconds: number, body: LabEventBody): LabEvent => ({ ...body, at: T0 + seconds * SECOND }) as LabEvent

const assertion: AssertionResult = {
  name: 'tor1 loses next hop 10.0.1.13 of 10.0.0.1/32',
  place: { file: '/lab/scenarios/node-failure.ts', line: 24, column: 9 },
  holds: false,
  within: 15 * SECOND,
  code: 'not-in-time',
  message: 'not within 15.0 s',
  at: T0 + 15 * SECOND,
  reference: T0,
  differences: [
    {
      subject: '10.0.0.1/32 at tor1, FIB',
      rows: [
        { what: 'via 10.0.1.13', expected: 'absent', seen: 'present', ok: false, since: T0 - 8.2 * SECOND },
        { what: 'via 10.0.1.11', expected: 'present', seen: 'present', ok: true },
        { what: 'via 10.0.2.12', expected: 'present', seen: 'present', ok: true },
      ],
      notes: ['the session with 10.0.1.100 still holds a path over 10.0.1.13'],
    },
  ],
}

test('a failure says what was wanted, what was there and since when', () => {
  const lines = failureLines('node-failure', assertion, { shown: (file) => file.replace('/lab/', '') })
  expect(lines).toEqual([
    '✗ node-failure › tor1 loses next hop 10.0.1.13 of 10.0.0.1/32 within 15.0 s                         scenarios/node-failure.ts:24',
    '',
    '    10.0.0.1/32 at tor1, FIB      expected  seen at +15.0 s',
    '      - via 10.0.1.13             absent    present (since −8.2 s)',
    '        via 10.0.1.11, 10.0.2.12  present   present',
    '    the session with 10.0.1.100 still holds a path over 10.0.1.13.',
  ])
})

describe('the timeline', () => {
  const fib = (seconds: number, device: string, hops: string[]): LabEvent =>
    at(seconds, {
      type: 'fib',
      device,
      route: {
        device,
        prefix: '10.0.0.1/32',
        protocol: 'bgp',
        metric: 20,
        nextHops: hops.map((via) => ({ via, interface: 'rack1', weight: 1 })),
      },
    })
  const events: LabEvent[] = [
    fib(-5, 'tor1', ['10.0.1.20', '10.0.1.21']),
    at(0, { type: 'fault', device: 'node-04', fault: 'power-off', detail: 'links cut, then killed' }),
    at(3.39, { type: 'address', device: 'node-05', address: '10.0.1.100/32', interface: 'eth0', present: true }),
    at(3.214, { type: 'floating-ip', address: '10.0.1.100', node: 'node-05', previous: 'node-04', reason: 'lease expired' }),
    fib(4, 'tor1', ['10.0.1.20', '10.0.1.21']),
    fib(9, 'tor1', ['10.0.1.21']),
    at(9.5, { type: 'log', device: 'tor2', level: 'info', message: 'nothing of note' }),
    at(9.6, { type: 'log', device: 'tor2', level: 'error', message: 'bell\u0007' }),
  ]

  test('is in order, timed from the fault, and tells changes only', () => {
    expect(timeline(events)).toEqual([
      '-5.000  tor1     FIB 10.0.0.1/32 via 10.0.1.20, 10.0.1.21',
      '+0.000  fault    node-04 power off (links cut, then killed)',
      '+3.214  gateway  10.0.1.100: node-04 → node-05 (lease expired)',
      '+3.390  node-05  10.0.1.100/32 added to eth0',
      '+9.000  tor1     FIB 10.0.0.1/32 via 10.0.1.21',
      '+9.600  tor2     bell',
    ])
  })

  test('keeps to what was asked for, and to a length', () => {
    expect(timeline(events, { from: T0, prefixes: ['10.9.9.9/32'] })).toHaveLength(4)
    const short = timeline(events, { limit: 4 })
    expect(short).toHaveLength(5)
    expect(short[2]).toContain('2 more')
  })
})

describe('tables', () => {
  const path = { from: '10.0.1.100', asPath: [65001], valid: true, best: false, multipath: true }

  test('a prefix in BGP and in the kernel, and why a path is not used', () => {
    const paths = [
      { ...path, nextHop: '10.0.1.11', pathId: 1, best: true },
      {
        ...path,
        nextHop: '10.0.3.11',
        pathId: 3,
        multipath: false,
        valid: false,
        whyNot: 'next hop not on a connected subnet → ebgp-multihop',
      },
    ]
    const kernel = {
      device: 'tor1',
      prefix: '10.0.0.1/32',
      protocol: 'bgp',
      metric: 20,
      nextHops: [{ via: '10.0.1.11', interface: 'rack1', weight: 1 }],
    }
    expect(routeLines('10.0.0.1/32', { device: 'tor1', prefix: '10.0.0.1/32', paths }, kernel)).toEqual([
      'BGP  next hop   from        path ID  AS path  state',
      '     10.0.1.11  10.0.1.100  1        65001    multipath, best',
      '     10.0.3.11  10.0.1.100  3        65001    not used: next hop not on a connected subnet → ebgp-multihop',
      'FIB   10.0.0.1/32  via 10.0.1.11 rack1',
    ])
    expect(routeLines('10.0.0.1/32', undefined, undefined)).toEqual(['BGP   10.0.0.1/32  not there', 'FIB   10.0.0.1/32  not there'])
    expect(allRouteLines([{ device: 'tor1', prefix: '10.0.0.1/32', paths }], [kernel])[1]).toBe(
      '10.0.0.1/32  10.0.1.11 (1 not used)  via 10.0.1.11 rack1 (bgp)',
    )
  })

  test('on a narrow terminal nothing is wider than that, and nothing is lost', () => {
    const hops = ['10.0.1.20', '10.0.1.21', '10.0.2.20']
    const paths = hops.map((nextHop) => ({ ...path, nextHop, whyNot: 'another path is better' }))
    const nextHops = hops.map((via) => ({ via, interface: 'rack1', weight: 1 }))
    const kernel = { device: 'tor1', prefix: '10.0.0.1/32', protocol: 'bgp', metric: 20, nextHops }
    const route = {
      device: 'tor1',
      prefix: '10.0.0.1/32',
      paths: [...paths, { ...path, nextHop: '10.0.3.11', multipath: false, whyNot: 'next hop not on a connected subnet → ebgp-multihop' }],
    }
    expect(allRouteLines([route], [kernel], 80)).toEqual([
      '10.0.0.1/32',
      '  BGP  10.0.1.20, 10.0.1.21, 10.0.2.20 (1 not used)',
      '  FIB  via 10.0.1.20 rack1 · via 10.0.1.21 rack1 · via 10.0.2.20 rack1 (bgp)',
    ])
    expect(routeLines('10.0.0.1/32', route, kernel, 80).slice(4)).toEqual([
      '     10.0.3.11  10.0.1.100           65001    not used: next hop not on a',
      '                                     connected subnet → ebgp-multihop',
      'FIB   10.0.0.1/32  via 10.0.1.20 rack1 · via 10.0.1.21 rack1 · via 10.0.2.20',
      '                   rack1',
    ])
    const session = {
      device: 'tor1',
      localAddress: '10.8.0.10',
      peerAddress: '10.0.1.100',
      localAsn: 65002,
      peerAsn: 65001,
      establishedCount: 1,
    }
    const up = {
      ...session,
      state: 'Established',
      since: T0 - 5 * SECOND,
      addPath: { receive: true, send: false },
      holdTimeSeconds: 9,
      prefixesReceived: 9,
    } as const
    const down = {
      ...session,
      peerAddress: '10.0.2.100',
      state: 'Active',
      reason: 'notification-received code 6(cease) subcode 2(administrative shutdown)',
      addPath: { receive: false, send: false },
    } as const
    expect(sessionLines([up, down], T0, 80)).toEqual([
      'router  local      peer        state        for    prefixes',
      'tor1    10.8.0.10  10.0.1.100  Established  5.0 s  9',
      '    AS 65002 → 65001 · ADD-PATH receive · hold 9 s',
      'tor1    10.8.0.10  10.0.2.100  Active',
      '    AS 65002 → 65001 · ADD-PATH no · notification-received code 6(cease) subcode',
      '      2(administrative shutdown)',
    ])
    for (const width of [40, 60, 80, 100, 120]) {
      const lines = [...allRouteLines([route], [kernel], width), ...routeLines('10.0.0.1/32', route, kernel, width)]
      expect(lines.filter((line) => line.length > width)).toEqual([])
    }
  })

  test('sessions', () => {
    const session = {
      device: 'tor1',
      localAddress: '10.8.0.10',
      peerAddress: '10.0.1.100',
      localAsn: 65002,
      peerAsn: 65001,
      establishedCount: 1,
    }
    const lines = sessionLines(
      [{ ...session, state: 'Active', reason: 'hold timer expired', addPath: { receive: false, send: false } }],
      T0,
    )
    expect(lines[1]).toMatch(/^tor1 {4}10\.8\.0\.10 {2}10\.0\.1\.100 {2}65002 → 65001 {2}Active .* hold timer expired$/)
  })
})

describe('the terminal', () => {
  const result: ScenarioResult = {
    name: 'node-failure',
    title: 'the holder of a floating IP loses power',
    file: 'scenarios/node-failure.ts',
    topology: 'shared-peers',
    repetition: 1,
    engine: 'Docker',
    routerSet: 'mixed',
    routers: { tor1: 'FRR 8.4.4', tor2: 'GoBGP 3.10.0' },
    verdict: 'passed',
    problems: [],
    upTime: 6 * SECOND,
    duration: 11.4 * SECOND,
    assertions: [],
    measurements: {},
    summary: ['10.0.1.100  node-04 → node-05 after 3.2 s'],
  }

  function show(use: (terminal: Terminal) => void, live = false, options: TerminalOptions = {}): string {
    let text = ''
    const write = (more: string) => {
      text += more
    }
    use(new Terminal({ write, live, columns: 100 }, live ? { style: COLOUR } : options))
    return text
  }

  test('one line for a scenario that passed, its summary, and the sum', () => {
    const text = show((terminal) => {
      terminal.start('0.1.0', 'Docker 20.10', TIMER_PROFILES.fast)
      terminal.lab({ topology: 'shared-peers', routers: ['tor1 FRR 8.4.4'], nodes: 8, floatingIps: 2, vips: 3, upTime: 6.1 * SECOND })
      terminal.result(result, [])
      terminal.end([result], 31.9 * SECOND, 'out/last/report.json', false)
    })
    expect(text).toContain('timers fast (BGP 9/3 s, lease 3.0 s renewed every 1.0 s, gratuitous ARP 3 × 200 ms)')
    expect(text).toMatch(/✓ node-failure {13}the holder of a floating IP loses power +11\.4 s\n {6}10\.0\.1\.100/)
    expect(text).toContain('1 passed · 31.9 s · nothing left behind · details: out/last/report.json')
    expect(text).not.toContain('\u001b')
  })

  test('a failure with its timeline, how to run it again and where to look', () => {
    const events = [at(0, { type: 'fault', device: 'node-04', fault: 'power-off', detail: '' })]
    const text = show((terminal) => terminal.result({ ...result, verdict: 'failed', assertions: [assertion] }, events, 'shared-peers-3f9a'))
    expect(text).toContain('+0.000  fault  node-04 power off')
    expect(text).toContain('again:  peerlab scenario node-failure --routers mixed --keep      look:  peerlab routes tor1 10.0.0.1/32')
    expect(text).toContain('peerlab down shared-peers-3f9a')
  })

  test('a scenario given as a file is run again by its file, quoted for a shell', () => {
    const failed = { ...result, verdict: 'failed', problems: ['broken'] } as const
    const text = show((terminal) => terminal.result(failed, []), false, { chosenBy: (name) => ["my scenario's.ts", name] })
    expect(text).toContain("again:  peerlab scenario 'my scenario'\\''s.ts' node-failure --routers mixed --keep")
  })

  test('a narrow terminal gets no line that it would have to break, but for commands to paste', () => {
    let text = ''
    const write = (more: string) => {
      text += more
    }
    const terminal = new Terminal({ write, live: true, columns: 80 }, { style: COLOUR, names: ['control-plane-vip/api-dead-withdrawn'] })
    terminal.start('0.1.0', 'Docker 20.10 at /var/run/docker.sock', TIMER_PROFILES.fast)
    terminal.lab({
      topology: 'shared-peers',
      routers: ['tor1 FRR 8.4.4', 'tor2 GoBGP 3.10.0'],
      nodes: 8,
      floatingIps: 2,
      vips: 3,
      upTime: 6 * SECOND,
    })
    terminal.result({ ...result, title: 'a control-plane node is lost, and the API is not: its API dies, and it withdraws the VIP' }, [])
    const events = [at(0, { type: 'log', device: 'tor2', level: 'error', message: 'a long story '.repeat(12) })]
    terminal.result(
      { ...result, verdict: 'failed', assertions: [{ ...assertion, message: 'very '.repeat(30) }], problems: ['left behind: '.repeat(10)] },
      events,
    )
    terminal.end([result], 31.9 * SECOND, 'out/last/report.json', false)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours and rewriting are made of
    const lines = text.replace(/\u001b\[\d*[mK]|\r/g, '').split('\n')
    expect(lines.filter((line) => line.length > 80 && !/^ +(again|look):/.test(line))).toEqual([])
    expect(lines.slice(0, 9)).toEqual([
      'peerlab 0.1.0 · Docker 20.10 at /var/run/docker.sock · timers fast (BGP 9/3 s,',
      '  lease 3.0 s renewed every 1.0 s, gratuitous ARP 3 × 200 ms)',
      '',
      '  shared-peers · tor1 FRR 8.4.4, tor2 GoBGP 3.10.0 · 8 nodes, 2 floating IPs, 3',
      '    VIPs · up in 6.0 s',
      '  ✓ node-failure                                                      11.4 s',
      '      a control-plane node is lost, and the API is not: its API dies, and it',
      '        withdraws the VIP',
      '      10.0.1.100  node-04 → node-05 after 3.2 s',
    ])
    expect(lines.join(' ').replace(/ +/g, ' ')).toContain('a long story '.repeat(12).trimEnd())
  })

  test('what goes on is rewritten in place on a terminal, and not told elsewhere', () => {
    expect(show((terminal) => terminal.progress('containers 3 of 16'))).toBe('')
    const text = show((terminal) => {
      terminal.progress('containers 3 of 16')
      terminal.result({ ...result, verdict: 'failed', problems: ['broken'] }, [])
    }, true)
    expect(text.startsWith('  containers 3 of 16\r\u001b[K')).toBe(true)
    expect(text).toContain('✗')
  })
})

test('NDJSON is one record a line', () => {
  expect(ndjsonLine(at(1, { type: 'ready', device: 'tor1', what: 'bgpd\nup' }))).toBe(
    '{"type":"ready","device":"tor1","what":"bgpd\\nup","at":51000000}\n',
  )
})
