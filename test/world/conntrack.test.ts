import { describe, expect, it } from 'vitest'
import { forget, staleFlows } from '../../src/world/real/conntrack.ts'

/** As conntrack 1.4.7 prints it: two flows of one VIP with a backend each, one of another port, one that came before there were rules. */
const LISTING = `udp      17 29 src=10.9.1.2 dst=10.0.0.2 sport=40001 dport=80 src=10.0.1.22 dst=10.0.1.20 sport=8081 dport=40001 [ASSURED] mark=0 use=1
udp      17 29 src=10.9.1.2 dst=10.0.0.2 sport=40002 dport=80 src=10.0.2.22 dst=10.0.1.20 sport=8081 dport=40002 [ASSURED] mark=0 use=1
udp      17 12 src=10.9.1.2 dst=10.0.0.2 sport=40003 dport=80 [UNREPLIED] src=10.0.2.22 dst=10.0.1.20 sport=8081 dport=40003 mark=0 use=1
udp      17 12 src=10.9.1.2 dst=10.0.0.2 sport=40004 dport=53 [UNREPLIED] src=10.0.2.22 dst=10.0.1.20 sport=8054 dport=40004 mark=0 use=1
udp      17 12 src=10.9.1.2 dst=10.0.0.2 sport=40005 dport=80 [UNREPLIED] src=10.0.0.2 dst=10.9.1.2 sport=80 dport=40005 mark=0 use=1
udp      17 12 src=10.0.1.20 dst=10.0.1.1 sport=50000 dport=53 [UNREPLIED] src=10.0.1.1 dst=10.0.1.20 sport=53 dport=50000 mark=0 use=1
`
const rule = (port: number, ...backends: string[]) => ({
  name: `default/web:udp/${port}`,
  vip: '10.0.0.2',
  protocol: 'udp' as const,
  port,
  backends: backends.map((address) => ({ address, port: port === 80 ? 8081 : 8054 })),
})
const both = [rule(80, '10.0.1.22', '10.0.2.22'), rule(53, '10.0.2.22')]
const answerers = (before: typeof both, now: typeof both) =>
  staleFlows(LISTING, before, now).map((each) => `${each.port} ${each.answeredFrom}:${each.answeredPort}`)

describe('UDP flows that a change of the rules leaves behind', () => {
  it('are those to a backend that is none any more, and those that came before there were rules', () => {
    expect(answerers(both, both)).toEqual(['80 10.0.0.2:80'])
    expect(answerers(both, [rule(80, '10.0.1.22'), both[1]!])).toEqual(['80 10.0.2.22:8081', '80 10.0.0.2:80'])
    expect(answerers([], [rule(80, '10.0.1.22')])).toEqual(['80 10.0.2.22:8081', '80 10.0.0.2:80'])
  })

  it('are all where there is no backend, or where the Service is gone', () => {
    const all = ['80 10.0.1.22:8081', '80 10.0.2.22:8081', '53 10.0.2.22:8054', '80 10.0.0.2:80']
    expect(answerers(both, [rule(80), rule(53)])).toEqual(all)
    expect(answerers(both, [])).toEqual(all)
  })

  it('are not those of anybody else, nor of TCP', () => {
    expect(answerers([], [])).toEqual([])
    expect(staleFlows(LISTING, [], [{ ...rule(80), protocol: 'tcp' }])).toEqual([])
    expect(staleFlows('', both, [])).toEqual([])
  })

  it('are forgotten by whom they would go to', () => {
    expect(forget({ vip: '10.0.0.2', port: 80, answeredFrom: '10.0.2.22', answeredPort: 8081 }).join(' ')).toBe(
      '-D -p udp --orig-dst 10.0.0.2 --orig-port-dst 80 --reply-src 10.0.2.22 --reply-port-src 8081',
    )
  })
})
