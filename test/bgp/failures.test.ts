import { describe, expect, test } from 'vitest'
import { SECOND } from '../../src/model/index.ts'
import { isUp, Lab, NODE, NODE_ASN, stateOf, TIMERS, TOR, TOR_ASN, table } from './lab.ts'

const VIP = '10.0.0.1/32'
const ROUTE = { prefix: VIP, nextHops: ['10.0.1.11', '10.0.1.12'], singleNextHop: '10.0.1.11' }

function pair() {
  const lab = new Lab()
  const tor = lab.tor()
  const node = lab.node()
  node.announce([ROUTE])
  lab.until('both Established, routes there', () => isUp(node) && tor.routeTo(VIP).paths.length === 2)
  return { lab, tor, node }
}

test('stop says Cease, closes, and then reports that it is done', () => {
  const { lab, tor, node } = pair()
  let stopped = false
  node.stop(() => {
    stopped = true
  })
  expect(stopped).toBe(false)
  lab.until('stopped', () => stopped, SECOND)
  // The address may go now: the peer must learn of the end all the same.
  expect(lab.notifications('node')).toEqual(['sent 6/2'])
  lab.until('the ToR knows', () => stateOf(tor) === 'Idle', SECOND)
  expect(lab.log('tor').at(-1)).toBe('Established→Idle notification-received Cease/Administrative Shutdown (6/2)')
  expect(tor.routesIn(NODE)).toEqual([])
  lab.pass(300 * SECOND)
  expect(stateOf(node)).toBe('Idle')
})

test('stop waits for what is queued in front of the Cease', () => {
  const lab = new Lab({ sendBuffer: 2048, receiveBuffer: 2048 })
  const tor = lab.tor()
  const node = lab.node()
  lab.until('up', () => isUp(node) && isUp(tor))
  node.announce(Array.from({ length: 3000 }, (_, i) => ({ ...ROUTE, prefix: `10.100.${i >> 8}.${i & 255}/32` })))
  lab.pass(100)
  let stopped = false
  node.stop(() => {
    stopped = true
  })
  lab.until('stopped', () => stopped, 2 * SECOND)
  lab.until('the ToR was told', () => lab.notifications('tor').includes('received 6/2'), SECOND)
})

test('a power cut is noticed by hold time alone, and its routes go', () => {
  const { lab, tor } = pair()
  lab.universe.powerOff('node')
  const took = lab.until('the ToR gives up', () => stateOf(tor) === 'Idle')
  expect(took).toBeGreaterThan(5.9 * SECOND)
  expect(took).toBeLessThan(9.1 * SECOND)
  expect(lab.log('tor').at(-1)).toBe('Established→Idle hold-timer-expired')
  expect(lab.notifications('tor')).toEqual(['sent 4/0'])
  expect(tor.routeTo(VIP).paths).toEqual([])
  expect(tor.peers()[0]?.reason).toBe('hold timer expired: nothing was heard from 10.0.1.100')
})

test('a process that dies is noticed at once by the FIN', () => {
  const { lab, tor } = pair()
  lab.worlds.get('node')?.end()
  expect(lab.until('the ToR knows', () => stateOf(tor) === 'Idle')).toBeLessThan(0.1 * SECOND)
  expect(lab.log('tor').at(-1)).toBe('Established→Idle connection-closed')
})

test('a node that comes back is up again, with its routes', () => {
  const { lab, tor } = pair()
  lab.universe.powerOff('node')
  lab.pass(2 * SECOND)
  const again = lab.node()
  again.announce([{ ...ROUTE, nextHops: ['10.0.2.11'] }])
  lab.until('up again', () => isUp(again) && isUp(tor), 30 * SECOND)
  lab.until('new routes', () => table(tor, NODE)[0] === `${VIP}: 10.0.2.11#1`)
  expect(tor.peers()[0]?.establishedCount).toBe(2)
})

test('a link that is cut and healed: both give up by hold time and find each other again', () => {
  const { lab, tor, node } = pair()
  lab.universe.cut('node')
  lab.until('both down', () => stateOf(tor) !== 'Established' && stateOf(node) !== 'Established')
  expect(lab.log('node')).toContain('Established→Idle hold-timer-expired')
  lab.pass(20 * SECOND)
  expect(node.peers()[0]?.reason).toMatch(/^no answer from 10\.8\.0\.10:179 to 10\.0\.1\.100: /)
  lab.universe.heal('node')
  lab.until('both up', () => isUp(tor) && isUp(node) && tor.routeTo(VIP).paths.length === 2)
  expect(node.peers()[0]?.establishedCount).toBe(2)
})

describe('NOTIFICATION', () => {
  test('a peer of another AS is told 2/2, and both sides say why', () => {
    const lab = new Lab()
    const tor = lab.tor({ peerAsn: 65009 })
    const node = lab.node()
    lab.until('refused', () => lab.notifications('tor').includes('sent 2/2') && lab.notifications('node').includes('received 2/2'))
    expect(tor.peers()[0]?.reason).toContain('the peer is AS 65001, it is configured as AS 65009')
    lab.until('the node says so', () => node.peers()[0]?.reason?.includes('Bad Peer AS') === true)
    lab.pass(60 * SECOND)
    expect(isUp(node)).toBe(false)
  })

  test('a reset from either side brings Cease 6/4, and the session back', () => {
    const { lab, tor, node } = pair()
    tor.resetPeer(NODE)
    lab.until('down', () => stateOf(node) === 'Idle')
    expect(lab.log('node').at(-1)).toBe('Established→Idle notification-received Cease/Administrative Reset (6/4)')
    lab.until('up', () => isUp(node) && isUp(tor))
    node.resetPeer(TOR)
    lab.until('down', () => stateOf(tor) === 'Idle')
    lab.until('up', () => isUp(node) && isUp(tor))
    expect(node.peers()[0]?.establishedCount).toBe(3)
    lab.until('routes', () => tor.routeTo(VIP).paths.length === 2)
  })

  test('a hold time of zero on one side: no keepalives, and no expiry', () => {
    const lab = new Lab()
    const tor = lab.tor({ holdTimeSeconds: 0 })
    const node = lab.node()
    lab.until('up', () => isUp(node) && isUp(tor))
    const before = lab.events.length
    lab.pass(100 * SECOND)
    expect(lab.events.slice(before)).toEqual([])
    expect(isUp(node)).toBe(true)
  })
})

describe('trying again', () => {
  test('a refused connection is tried with growing waits up to the cap, and says what it is', () => {
    const lab = new Lab()
    lab.world('tor', TOR)
    const node = lab.node({ idleHold: { initialSeconds: 1, capSeconds: 8 } })
    lab.pass(100 * SECOND)
    const starts = lab.universe.events.flatMap((e) => (e.type === 'fsm' && e.to === 'Active' ? [e.at] : []))
    const waits = starts.slice(1).map((at, i) => (at - (starts[i] ?? 0)) / SECOND)
    for (const [i, wait] of waits.entries()) {
      const full = Math.min(8, 2 ** i)
      expect(wait).toBeGreaterThanOrEqual(full * 0.75)
      expect(wait).toBeLessThan(full + 0.01)
    }
    expect(waits.length).toBeGreaterThan(12)
    expect(lab.log('node')).toContain('Connect→Idle connection-refused')
    expect(node.peers()[0]?.reason).toBe('10.8.0.10:179 refuses connections: nothing listens there, or it does not know 10.0.1.100')
    const tor = lab.tor()
    expect(lab.until('up', () => isUp(node) && isUp(tor))).toBeLessThan(8.1 * SECOND)
  })

  test('a local address that is missing at first', () => {
    const lab = new Lab()
    lab.tor()
    const node = lab.speaker(
      'node',
      { localAddress: NODE, localAsn: NODE_ASN, peers: [{ peerAddress: TOR, peerAsn: TOR_ASN, ...TIMERS }] },
      '10.0.1.11',
    )
    lab.pass(5 * SECOND)
    expect(stateOf(node)).toBe('Idle')
    expect(node.peers()[0]?.reason).toBe('this host does not hold 10.0.1.100')
    const host = lab.worlds.get('node')?.host
    host?.apply({ id: 1, addresses: [{ address: NODE, interface: 'eth0' }], localVips: [], services: [] }, () => {})
    lab.until('up', () => isUp(node), 3 * SECOND)
  })

  test('a peer that is not configured is reset, and a speaker that does not listen refuses (R3)', () => {
    const lab = new Lab()
    lab.tor({ peerAddress: '10.0.1.200' })
    const node = lab.node()
    lab.pass(3 * SECOND)
    expect(isUp(node)).toBe(false)
    const caller = new Lab()
    caller.node({ passive: true })
    const tor = caller.tor({ passive: false })
    caller.pass(3 * SECOND)
    expect(tor.peers()[0]?.reason).toContain('10.0.1.100:179 refuses connections')
  })

  test('an address that moves: the old session refuses the new holder with 6/7, until the new holder’s reset ends it', () => {
    const { lab, tor } = pair()
    // The address moves to another machine, whose speaker knows nothing of the old session.
    lab.universe.cut('node')
    const successor = lab.world('successor', '10.0.1.12')
    successor.host.apply({ id: 1, addresses: [{ address: NODE, interface: 'eth0' }], localVips: [], services: [] }, () => {})
    const next = lab.speaker('successor', {
      localAddress: NODE,
      localAsn: NODE_ASN,
      peers: [{ peerAddress: TOR, peerAsn: TOR_ASN, ...TIMERS }],
    })
    lab.pass(10_000)
    successor.host.announce(NODE, 'eth0', 3, 200_000)
    const took = lab.until('the session moved', () => isUp(next) && isUp(tor), 30 * SECOND)
    // The ToR's next keepalive, or its refusal, reaches the new holder, whose kernel knows no such connection.
    expect(took).toBeLessThan(9 * SECOND)
    expect(lab.notifications('successor')).toContain('received 6/7')
    expect(lab.log('tor')).toContain('Established→Idle connection-reset')
    expect(tor.peers()[0]?.establishedCount).toBe(2)
  })
})

describe('collision (RFC 4271 §6.8)', () => {
  test.each([
    ['the node’s', '10.0.1.100', '10.0.0.1'],
    ['the ToR’s', '10.0.0.1', '10.8.0.10'],
  ])('both connect at once: one session remains, and it stays; %s identifier is higher', (_, nodeId, torId) => {
    const lab = new Lab()
    const tor = lab.tor({ passive: false }, { routerId: torId })
    const node = lab.node({}, { routerId: nodeId, listen: true })
    node.announce([ROUTE])
    lab.until('both up', () => isUp(node) && isUp(tor))
    lab.until('routes', () => tor.routeTo(VIP).paths.length === 2)
    lab.pass(60 * SECOND)
    expect(node.peers()).toMatchObject([{ state: 'Established', establishedCount: 1 }])
    expect(tor.peers()).toMatchObject([{ state: 'Established', establishedCount: 1 }])
    expect([...lab.notifications('node'), ...lab.notifications('tor')]).toContain('sent 6/7')
    // The survivor is the peer's session in every way: it comes back after a reset.
    node.resetPeer(TOR)
    lab.until('down', () => stateOf(tor) !== 'Established')
    lab.until('up again', () => isUp(node) && isUp(tor))
  })
})
