import { describe, expect, it } from 'vitest'
import { ownInterfaces, planHost, readAddresses, readLocalVips } from '../../src/world/real/host-plan.ts'
import { renderRules } from '../../src/world/real/nft.ts'

/** What iproute2 6.1 printed, shortened to what is read. */
const ADDRESSES = JSON.stringify([
  { ifname: 'lo', addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8, label: 'lo' }] },
  {
    ifname: 'rack1',
    addr_info: [
      { family: 'inet', local: '10.0.1.10', prefixlen: 24, label: 'rack1' },
      { family: 'inet', local: '10.0.1.100', prefixlen: 32, label: 'rack1:pl' },
    ],
  },
])

describe('planHost', () => {
  const actual = { addresses: readAddresses(ADDRESSES), localVips: ['10.0.0.1'] }

  it('adds what is missing before it removes what is ours and not wanted', () => {
    const plan = planHost(actual, {
      id: 1,
      addresses: [{ address: '10.0.1.101', interface: 'rack1' }],
      localVips: ['10.0.0.2'],
      services: [],
    })
    expect(plan.additions).toEqual([
      'address replace 10.0.1.101/32 dev rack1 label rack1:pl noprefixroute',
      'route replace local 10.0.0.2/32 dev lo table local proto 187',
    ])
    expect(plan.removals).toEqual(['address del 10.0.1.100/32 dev rack1', 'route del local 10.0.0.1/32 dev lo table local proto 187'])
    expect([plan.added, plan.removed]).toEqual([
      [{ address: '10.0.1.101', interface: 'rack1' }],
      [{ address: '10.0.1.100', interface: 'rack1' }],
    ])
  })

  it('does nothing where the state is there already, an earlier process may have made it', () => {
    const plan = planHost(actual, {
      id: 1,
      addresses: [{ address: '10.0.1.100', interface: 'rack1' }],
      localVips: ['10.0.0.1'],
      services: [],
    })
    expect([plan.additions, plan.removals]).toEqual([[], []])
  })

  it('leaves VIPs of Services alone while it is not known which there are, and takes away what was asked for and is no more', () => {
    const unknown = { id: 1, addresses: [], localVips: [], services: [], servicesUnknown: true }
    const vips = { ...actual, localVips: ['10.0.0.1', '10.0.0.8'] }
    const removed = (asked: readonly string[]) => planHost(vips, unknown, asked).removals.filter((line) => line.startsWith('route'))
    expect(removed([])).toEqual([])
    expect(removed(['10.0.0.8'])).toEqual(['route del local 10.0.0.8/32 dev lo table local proto 187'])
  })

  it("never touches the machine's own addresses, wanted or not", () => {
    const wanted = planHost(actual, { id: 1, addresses: [{ address: '10.0.1.10', interface: 'rack1' }], localVips: [], services: [] })
    expect(wanted.additions).toEqual([])
    const unwanted = planHost(actual, { id: 2, addresses: [], localVips: [], services: [] })
    expect(unwanted.removals).toEqual(['address del 10.0.1.100/32 dev rack1', 'route del local 10.0.0.1/32 dev lo table local proto 187'])
  })

  it("tells a machine's own addresses from ours", () => {
    expect(ownInterfaces(ADDRESSES)).toEqual([
      { name: 'lo', addresses: [] },
      { name: 'rack1', addresses: ['10.0.1.10/24'] },
    ])
    expect(readLocalVips('[{"type":"local","dst":"10.0.0.1","dev":"lo"}]')).toEqual(['10.0.0.1'])
    expect(readLocalVips('')).toEqual([])
  })
})

describe('renderRules', () => {
  it('translates in prerouting and in output, masquerades only that, and refuses without backends', () => {
    const rules = renderRules([
      {
        name: 'a',
        vip: '10.0.0.1',
        protocol: 'tcp',
        port: 80,
        backends: [
          { address: '10.0.1.13', port: 8080 },
          { address: '10.0.2.12', port: 8081 },
        ],
      },
      { name: 'b', vip: '10.0.0.2', protocol: 'udp', port: 53, backends: [{ address: '10.0.1.13', port: 5353 }] },
      { name: 'c', vip: '10.0.0.3', protocol: 'tcp', port: 80, backends: [] },
    ])
    expect(rules).toBe(`table ip peerlab {}
delete table ip peerlab
table ip peerlab {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 10.0.0.1 tcp dport 80 dnat to numgen random mod 2 map { 0 : 10.0.1.13 . 8080, 1 : 10.0.2.12 . 8081 }
    ip daddr 10.0.0.2 udp dport 53 dnat to 10.0.1.13:5353
  }
  chain output {
    type nat hook output priority -100; policy accept;
    ip daddr 10.0.0.1 tcp dport 80 dnat to numgen random mod 2 map { 0 : 10.0.1.13 . 8080, 1 : 10.0.2.12 . 8081 }
    ip daddr 10.0.0.2 udp dport 53 dnat to 10.0.1.13:5353
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ct status dnat masquerade
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ip daddr 10.0.0.3 tcp dport 80 reject with tcp reset
  }
}
`)
  })
})
