import { describe, expect, it } from 'vitest'
import { MILLISECOND, type Micros, SECOND } from '../../../../src/model/index.ts'
import { connect, Lab, listen, planOf, rule, VIP } from './network.ts'

const LOAD_BALANCERS = ['10.0.1.20', '10.0.1.21', '10.0.2.20']
const NAMES: Record<string, string> = { '10.0.1.20': 'node-04', '10.0.1.21': 'node-05', '10.0.2.20': 'node-06' }
const BACKENDS = ['10.0.1.22', '10.0.2.22']

function vipLab(plan = planOf(), protocol: 'tcp' | 'udp' = 'udp', backends = BACKENDS): Lab {
  const lab = new Lab(plan).underlay()
  lab.route(LOAD_BALANCERS)
  lab.serve(Object.values(NAMES), [rule(backends, protocol)])
  return lab
}

/** Flows by the router that brought them into the rack and by load-balancer node, as the backends saw them. */
function fanOut(lab: Lab, flows: number): Record<string, Record<string, number>> {
  const seen: Record<string, Record<string, number>> = {}
  for (const backend of ['node-07', 'node-08']) {
    lab.machine(backend).bindUdp({ port: 8080 }, (event) => {
      if (event.type !== 'datagram') return
      const { devices, translatedBy = '' } = event.trace
      const router = devices[devices.indexOf(translatedBy) - 1]!
      const shares = seen[router] ?? {}
      seen[router] = shares
      shares[translatedBy] = (shares[translatedBy] ?? 0) + 1
    })
  }
  for (let flow = 0; flow < flows; flow++) {
    lab
      .machine('client')
      .bindUdp({}, () => {})!
      .send({ address: VIP, port: 80 }, 'x')
    // No more at once than wait for one neighbour's address.
    if (flow % 50 === 0) lab.run(10 * MILLISECOND)
  }
  lab.run(SECOND)
  return seen
}

/** Many TCP connections through the VIP, each saying something now and then. */
function streams(lab: Lab, count: number, wait: Micros = SECOND) {
  for (const backend of ['node-07', 'node-08', 'node-05']) listen(lab.machine(backend).startWorld('backend'), 8080)
  const client = lab.machine('client').startWorld()
  const all = Array.from({ length: count }, () => connect(client, VIP, 80))
  lab.run(wait)
  for (const { types } of all) expect(types()).toEqual(['connected'])
  return {
    all,
    talk(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        for (const { connection } of all) connection.send(new Uint8Array(10))
        lab.run(SECOND)
      }
    },
  }
}

describe('ECMP by flow hash', () => {
  it('takes every load-balancer node by every router, where each hashes for itself', () => {
    const seen = fanOut(vipLab(), 900)
    expect(Object.keys(seen).sort()).toEqual(['tor1', 'tor2'])
    for (const shares of Object.values(seen)) {
      const total = Object.values(shares).reduce((sum, each) => sum + each, 0)
      expect(total).toBeGreaterThan(350)
      expect(Object.keys(shares).sort()).toEqual(['node-04', 'node-05', 'node-06'])
      for (const share of Object.values(shares)) expect(share / total).toBeCloseTo(1 / 3, 0.9)
    }
  })

  it('polarises where all hash alike: a router leaves nodes out, while the totals look right', () => {
    const seen = fanOut(vipLab(planOf({}, { hashSeeds: false })), 900)
    expect(Object.keys(seen).sort()).toEqual(['tor1', 'tor2'])
    // The first half of the hashes, cut in thirds, never meets the last one.
    expect(Object.keys(seen.tor1!).sort()).toEqual(['node-04', 'node-05'])
    expect(Object.keys(seen.tor2!).sort()).toEqual(['node-05', 'node-06'])
    const total = (node: string) => (seen.tor1![node] ?? 0) + (seen.tor2![node] ?? 0)
    for (const node of Object.values(NAMES)) expect(total(node) / 900).toBeCloseTo(1 / 3, 0.9)
  })

  it('does so too between hosts that hash addresses only: one client, one way', () => {
    const plan = planOf()
    const core = plan.routers.find(({ name }) => name === 'core')!
    Object.assign(core, { sysctls: { ...core.sysctls, 'net.ipv4.fib_multipath_hash_policy': '0' } })
    expect(Object.keys(fanOut(vipLab(plan), 100))).toHaveLength(1)
  })

  it('keeps a flow on its way', () => {
    const lab = vipLab()
    const nodes = new Set<string | undefined>()
    lab.backend('node-07')
    lab.backend('node-08')
    const socket = lab.machine('client').bindUdp({}, (event) => event.type === 'datagram' && nodes.add(event.trace.translatedBy))!
    for (let i = 0; i < 50; i++) {
      socket.send({ address: VIP, port: 80 }, 'x')
      lab.run(5 * SECOND)
    }
    expect(nodes.size).toBe(1)
  })
})

describe('a translated flow', () => {
  it('stays with its backend when others are added, removed or taken away', () => {
    const lab = vipLab(planOf(), 'tcp', ['10.0.1.22'])
    const { all, talk } = streams(lab, 12)
    lab.serve(Object.values(NAMES), [rule(BACKENDS, 'tcp')])
    talk(2)
    lab.serve(Object.values(NAMES), [rule(['10.0.2.22'], 'tcp')])
    talk(2)
    lab.serve(Object.values(NAMES), [rule([], 'tcp')])
    talk(2)
    lab.serve(Object.values(NAMES), [])
    talk(2)
    for (const { types, connection } of all) {
      expect(types()).toEqual(['connected'])
      expect(connection.queued).toBe(0)
    }
    const late = connect(lab.machine('client').startWorld('late'), VIP, 80)
    lab.run(SECOND)
    expect(late.types()).toEqual(['failed refused'])
  })

  it('of UDP goes to a backend that is left, from its next packet on', () => {
    const lab = vipLab()
    lab.backend('node-07')
    lab.backend('node-08')
    const answers: string[] = []
    const socket = lab.machine('client').bindUdp({}, (event) => event.type === 'datagram' && answers.push(event.data.split(' ')[0]!))!
    const ask = () => {
      socket.send({ address: VIP, port: 80 }, 'x')
      lab.run(100 * MILLISECOND)
      return answers.at(-1)!
    }
    const first = ask()
    expect(Array.from({ length: 10 }, ask)).toEqual(new Array(10).fill(first))
    lab.serve(Object.values(NAMES), [rule([first === 'node-07' ? '10.0.2.22' : '10.0.1.22'])])
    expect(ask()).toBe(first === 'node-07' ? 'node-08' : 'node-07')
  })

  it('is reset where its load-balancer node goes: those that move meet a node that does not know them', () => {
    const lab = vipLab(planOf(), 'tcp')
    const { all, talk } = streams(lab, 40)
    lab.fabric.powerOff('node-04')
    lab.route(['10.0.1.21', '10.0.2.20'])
    talk(5)
    const fates = all.map(({ types }) => types().at(-1))
    expect(new Set(fates)).toEqual(new Set(['connected', 'closed reset']))
    const reset = fates.filter((fate) => fate === 'closed reset').length
    // A third was at the node; the regions of the two that are left are cut anew, which moves a sixth more.
    expect(reset).toBeGreaterThan(13)
    expect(reset).toBeLessThan(30)
  })

  it('stalls, and is not reset, for as long as its dead node is a next hop', () => {
    const lab = vipLab(planOf(), 'tcp')
    const { all, talk } = streams(lab, 40)
    lab.fabric.powerOff('node-04')
    talk(5)
    for (const { types } of all) expect(types()).toEqual(['connected'])
    const stalled = all.filter(({ connection }) => connection.queued > 0).length
    expect(stalled).toBeGreaterThan(5)
    expect(stalled).toBeLessThan(25)
  })

  it('goes to a backend on the load-balancer node itself unmasqueraded', () => {
    const lab = vipLab(planOf(), 'udp', ['10.0.1.21'])
    lab.route(['10.0.1.21'])
    lab.backend('node-05')
    expect(lab.ask('client', VIP)).toMatchObject({ type: 'datagram', data: 'node-05 10.7.0.10', from: { address: VIP } })
  })

  it('begins at a load-balancer node as well, by its own rules', () => {
    const lab = vipLab()
    lab.backend('node-07')
    lab.backend('node-08')
    for (let i = 0; i < 8; i++) {
      const answer = lab.ask('node-04', VIP)
      expect(answer).toMatchObject({ type: 'datagram', data: expect.stringContaining(' 10.0.1.20'), trace: { translatedBy: 'node-04' } })
    }
    const tcp = vipLab(planOf(), 'tcp')
    listen(tcp.machine('node-07').startWorld(), 8080)
    listen(tcp.machine('node-08').startWorld(), 8080)
    const { types } = connect(tcp.agent('node-04'), VIP, 80)
    tcp.run(SECOND)
    expect(types()).toEqual(['connected'])
  })

  it('of TCP hears that its backend does not answer ARP; one of UDP hears nothing, as a socket without IP_RECVERR', () => {
    const udp = vipLab(planOf(), 'udp', ['10.0.1.22'])
    udp.fabric.powerOff('node-07')
    expect(udp.ask('client', VIP, 80, 4 * SECOND)).toBeUndefined()
    expect(udp.fabric.drops['no-neighbor']).toBe(1)
    const tcp = vipLab(planOf(), 'tcp', ['10.0.1.22'])
    tcp.fabric.powerOff('node-07')
    const { types, events } = connect(tcp.machine('client').startWorld(), VIP, 80)
    tcp.run(4 * SECOND)
    expect(types()).toEqual(['failed unreachable'])
    expect(events[0]).toMatchObject({
      detail: expect.stringMatching(/^10\.0\.1\.22 does not answer ARP at (eth0 of node-0[45]|rack[12] of tor[12])$/),
    })
  })

  it('keeps its port towards the backend, unless another flow of the node has it', () => {
    const lab = vipLab(planOf({ clients: { client: 'core', other: 'core' } }), 'udp', ['10.0.1.22'])
    lab.route(['10.0.1.20'])
    const seen: number[] = []
    lab.machine('node-07').bindUdp({ port: 8080 }, (event) => event.type === 'datagram' && seen.push(event.from.port))
    for (const client of ['client', 'other']) {
      lab
        .machine(client)
        .bindUdp({ port: 5_000 }, () => {})!
        .send({ address: VIP, port: 80 }, 'x')
      lab.run(SECOND)
    }
    expect(seen).toEqual([5_000, 5_001])
  })

  it('is forgotten when nothing was seen of it for long, though others go the same way', () => {
    const backends = (cache: boolean) => {
      const lab = new Lab(planOf(), { cache }).underlay()
      lab.route(['10.0.1.20'])
      lab.serve(['node-04'], [rule(BACKENDS)])
      lab.backend('node-07')
      lab.backend('node-08')
      const seen: string[] = []
      const rare = lab.machine('client').bindUdp({}, (event) => event.type === 'datagram' && seen.push(event.data.split(' ')[0]!))!
      const often = Array.from({ length: 4 }, () => lab.machine('client').bindUdp({}, () => {})!)
      for (let i = 0; i < 12 * 130; i++) {
        if (i % 130 === 0) rare.send({ address: VIP, port: 80 }, 'x')
        for (const socket of often) socket.send({ address: VIP, port: 80 }, 'x')
        lab.run(SECOND)
      }
      return seen
    }
    const seen = backends(true)
    expect(new Set(seen)).toEqual(new Set(['node-07', 'node-08']))
    expect(seen).toEqual(backends(false))
  })
})
