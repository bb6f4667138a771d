import { describe, expect, it } from 'vitest'
import { MILLISECOND, SECOND } from '../../../../src/model/index.ts'
import { connect, Lab, listen } from './network.ts'

const FLOATING = '10.0.1.100'

function held(lab: Lab, node: string, addresses: readonly string[] = [FLOATING]): void {
  lab.host(node, { addresses: addresses.map((address) => ({ address, interface: 'eth0' })) })
}

function neighborOf(lab: Lab, machine: string, address: string) {
  return lab.machine(machine).neighbors.find((each) => each.address === address)
}

/** Asks from the ToR until it knows the address. */
function known(lab: Lab, address = FLOATING): Lab {
  lab.machine('tor1').ping(address, { timeout: SECOND }, () => {})
  lab.run(10 * MILLISECOND)
  expect(neighborOf(lab, 'tor1', address)?.mac).toBeDefined()
  return lab
}

function pings(lab: Lab, address: string, from = 'tor1'): string {
  let outcome = ''
  lab.machine(from).ping(address, { timeout: 5 * SECOND }, (each) => {
    outcome = each.ok ? 'ok' : each.reason
  })
  lab.run(6 * SECOND)
  return outcome
}

describe('a neighbour', () => {
  it('is asked for once, confirmed, and asked again when it is used after it went stale', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    known(lab)
    expect(neighborOf(lab, 'tor1', FLOATING)?.state).toBe('reachable')
    lab.run(46 * SECOND)
    expect(neighborOf(lab, 'tor1', FLOATING)?.state).toBe('stale')
    expect(pings(lab, FLOATING)).toBe('ok')
    expect(neighborOf(lab, 'tor1', FLOATING)?.state).toBe('reachable')
  })

  it('that nobody is ends in host unreachable after three questions, a second apart', () => {
    const lab = new Lab()
    const { events, types } = connect(lab.machine('node-04').startWorld(), '10.0.1.99', 179)
    lab.run(2_990 * MILLISECOND)
    expect(types()).toEqual([])
    lab.run(20 * MILLISECOND)
    expect(types()).toEqual(['failed unreachable'])
    expect(events[0]).toMatchObject({ detail: expect.stringContaining('10.0.1.99 does not answer ARP at eth0 of node-04') })
    expect(lab.fabric.drops['no-neighbor']).toBeGreaterThan(0)
  })

  it('that moved takes every flow along, also one that was silent until the entry was in use again', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    // The segment knows where both are.
    expect(pings(lab, '10.0.1.21')).toBe('ok')
    const came: string[] = []
    for (const node of ['node-04', 'node-05'])
      lab.machine(node).bindUdp({ port: 7 }, (event) => {
        if (event.type === 'datagram') came.push(`${event.data} at ${node}`)
      })
    const [quiet, busy] = ['quiet', 'busy'].map((name) => {
      const socket = lab.machine('tor1').bindUdp({}, () => {})!
      return () => {
        socket.send({ address: FLOATING, port: 7 }, name)
        lab.run(10 * MILLISECOND)
      }
    })
    busy!()
    quiet!()
    // node-04 does not know yet that another node has the address.
    held(lab, 'node-05')
    lab.machine('node-05').startWorld().host.announce(FLOATING, 'eth0', 1, 1)
    lab.run(10 * MILLISECOND)
    busy!()
    quiet!()
    expect(came).toEqual(['busy at node-04', 'quiet at node-04', 'busy at node-05', 'quiet at node-05'])
  })

  it('of a dead holder keeps its MAC address in use until probes went unanswered', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    known(lab)
    const { mac } = neighborOf(lab, 'tor1', FLOATING)!
    lab.fabric.powerOff('node-04')
    held(lab, 'node-05')
    // Something always on its way there, as a router's keepalives are.
    const tor = lab.machine('tor1').bindUdp({}, () => {})!
    const gone = () => neighborOf(lab, 'tor1', FLOATING)?.mac !== mac
    const died = lab.queue.now
    while (!gone() && lab.queue.now < died + 60 * SECOND) {
      tor.send({ address: FLOATING, port: 9 }, 'x')
      lab.run(100 * MILLISECOND)
    }
    // Half to one and a half times 30 s of reachability, 5 s of delay, three probes a second apart.
    expect(lab.queue.now - died).toBeGreaterThan(22 * SECOND)
    expect(lab.queue.now - died).toBeLessThan(53.2 * SECOND)
    expect(pings(lab, FLOATING)).toBe('ok')
    expect(neighborOf(lab, 'tor1', FLOATING)?.mac).toBe(lab.machine('node-05').interfaces[0]!.mac)
  })

  it('moves at once where the new holder says so, and only where it was known', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    known(lab)
    lab.fabric.powerOff('node-04')
    held(lab, 'node-05')
    lab.agent('node-05').host.announce(FLOATING, 'eth0', 3, 200 * MILLISECOND)
    lab.run(MILLISECOND)
    expect(neighborOf(lab, 'tor1', FLOATING)).toMatchObject({ mac: lab.machine('node-05').interfaces[0]!.mac, state: 'stale' })
    expect(neighborOf(lab, 'tor2', FLOATING)).toBeUndefined()
    expect(pings(lab, FLOATING)).toBe('ok')
  })

  it('is confirmed by a TCP connection that makes progress, without a question', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    const server = lab.machine('tor1').startWorld()
    listen(server, 179)
    const { connection } = connect(lab.agent('node-04'), '10.0.1.2', 179, { localAddress: FLOATING })
    for (let second = 0; second < 100; second++) {
      connection.send(new Uint8Array(19))
      lab.run(SECOND)
      if (second > 0) expect(neighborOf(lab, 'node-04', '10.0.1.2')?.state).toBe('reachable')
    }
  })

  it('is known to whom it has asked: a node that asks from its floating IP tells where it is', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    known(lab)
    lab.fabric.powerOff('node-04')
    held(lab, 'node-05')
    connect(lab.agent('node-05'), '10.0.1.2', 179, { localAddress: FLOATING })
    lab.run(MILLISECOND)
    expect(neighborOf(lab, 'tor1', FLOATING)?.mac).toBe(lab.machine('node-05').interfaces[0]!.mac)
  })

  it('that two machines claim is the one whose answer came first', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    held(lab, 'node-05')
    lab.fabric.shape('rack1', 'node-04', { latency: 90 })
    known(lab)
    const [near, far] = ['node-05', 'node-04'].map((node) => lab.machine(node).interfaces[0]!.mac)
    lab.run(SECOND)
    expect(neighborOf(lab, 'tor1', FLOATING)?.mac).toBe(near)
    lab.agent('node-04').host.announce(FLOATING, 'eth0', 1, SECOND)
    lab.run(SECOND)
    expect(neighborOf(lab, 'tor1', FLOATING)?.mac).toBe(far)
  })

  it('that takes part in a flow already is left at once for the one that it moved to', () => {
    const lab = new Lab()
    const seen: string[] = []
    for (const node of ['node-04', 'node-05']) {
      held(lab, node)
      lab.machine(node).bindUdp({ port: 9 }, () => seen.push(node))
    }
    lab.fabric.shape('rack1', 'node-05', { latency: 90 })
    const socket = lab.machine('tor1').bindUdp({}, () => {})!
    for (let i = 0; i < 3; i++) {
      socket.send({ address: FLOATING, port: 9 }, 'x')
      lab.run(SECOND)
      if (i === 1) lab.agent('node-05').host.announce(FLOATING, 'eth0', 1, SECOND)
      lab.run(SECOND)
    }
    expect(seen).toEqual(['node-04', 'node-04', 'node-05'])
  })

  it('is forgotten with the interface, or its carrier', () => {
    const lab = new Lab()
    held(lab, 'node-04')
    known(lab)
    lab.machine('node-04').ping('10.0.1.2', { timeout: SECOND }, () => {})
    lab.run(SECOND)
    lab.fabric.setInterface('rack1', 'node-04', false)
    expect(lab.machine('node-04').neighbors).toEqual([])
    expect(neighborOf(lab, 'tor1', FLOATING)).toBeDefined()
    lab.fabric.setInterface('tor1', 'rack1', false)
    expect(neighborOf(lab, 'tor1', FLOATING)).toBeUndefined()
  })
})
