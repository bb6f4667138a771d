import { describe, expect, it } from 'vitest'
import { MILLISECOND, SECOND } from '../../../../src/model/index.ts'
import { connect, Lab, listen } from './network.ts'

const FLOATING = '10.0.1.100'
const KEEPALIVE = new Uint8Array(19)

/** A session from a floating IP on node-04 to tor1, as BGP has it. */
function session() {
  const lab = new Lab().underlay()
  lab.host('node-04', { addresses: [{ address: FLOATING, interface: 'eth0' }] })
  const router = lab.machine('tor1').startWorld()
  let connection: import('../../../../src/world/index.ts').Connection | undefined
  const told: string[] = []
  router.transport.listen({ address: '10.8.0.10', port: 179 }, (event) => {
    if (event.type !== 'connection') return
    connection = event.accept((each) => told.push('reason' in each ? `${each.type} ${each.reason}` : each.type))
  })
  const speaker = connect(lab.agent('node-04'), '10.8.0.10', 179, { localAddress: FLOATING })
  lab.run(100 * MILLISECOND)
  expect(speaker.types()).toEqual(['connected'])
  return { lab, speaker, told, router, send: () => connection!.send(KEEPALIVE), connection: () => connection! }
}

describe('a device that fails', () => {
  it('without power says nothing: no FIN, no RST, for as long as the router asks', () => {
    const { lab, told, send } = session()
    lab.fabric.powerOff('node-04')
    for (let second = 0; second < 300; second++) {
      if (second % 3 === 0) send()
      lab.run(SECOND)
    }
    expect(told).toEqual([])
    expect(lab.fabric.drops.mac + lab.fabric.drops['no-neighbor']).toBeGreaterThan(3)
  })

  it('without power is given up by its peer when retransmission has lasted its time', () => {
    const { lab, told, send } = session()
    lab.fabric.powerOff('node-04')
    send()
    lab.run(924 * SECOND)
    expect(told).toEqual([])
    lab.run(130 * SECOND)
    expect(told).toEqual(['closed timeout'])
  })

  it('whose program is killed sends FIN, and goes on answering pings', () => {
    const { lab, told } = session()
    lab.agent('node-04').end()
    lab.run(10 * MILLISECOND)
    expect(told).toEqual(['closed closed'])
    let answered = false
    lab.machine('tor1').ping('10.0.1.20', { timeout: SECOND }, ({ ok }) => {
      answered = ok
    })
    lab.run(SECOND)
    expect(answered).toBe(true)
  })

  it('ends only the connections of the program that was killed', () => {
    const { lab, told } = session()
    const other = lab.machine('node-04').startWorld('other')
    const second = connect(other, '10.8.0.10', 179)
    lab.run(100 * MILLISECOND)
    other.end()
    lab.run(100 * MILLISECOND)
    expect(second.types()).toEqual(['connected'])
    expect(told).toEqual(['closed closed'])
    lab.agent('node-04').end()
    lab.run(100 * MILLISECOND)
    expect(told).toEqual(['closed closed', 'closed closed'])
  })

  it('that comes back knows nothing of a connection, and resets it', () => {
    const { lab, told, send } = session()
    lab.fabric.powerOff('node-04')
    lab.run(SECOND)
    lab.fabric.powerOn('node-04')
    lab
      .machine('node-04')
      .startWorld('again')
      .host.apply({ id: 1, addresses: [{ address: FLOATING, interface: 'eth0' }], localVips: [], services: [] }, () => {})
    lab.run(SECOND)
    send()
    lab.run(SECOND)
    expect(told).toEqual(['closed reset'])
  })

  it('has nothing left of what it said to itself', () => {
    const lab = new Lab()
    let outcome: boolean | undefined
    lab.machine('node-04').ping('10.0.1.20', { timeout: SECOND }, ({ ok }) => {
      outcome = ok
    })
    lab.fabric.powerOff('node-04')
    lab.fabric.powerOn('node-04')
    lab.run(2 * SECOND)
    expect(outcome).toBeUndefined()
    expect(lab.fabric.drops.gone).toBe(1)
  })

  it('loses what was on a link when that failed', () => {
    const { lab, told, speaker } = session()
    speaker.connection.send(KEEPALIVE)
    lab.run(60)
    lab.fabric.setInterface('rack1', 'tor1', false)
    lab.run(10 * MILLISECOND)
    expect(told).toEqual([])
    expect(lab.fabric.drops.link).toBe(1)
    lab.fabric.setInterface('rack1', 'tor1', true)
    lab.run(SECOND)
    expect(told).toEqual(['data'])
  })
})

describe('a floating IP', () => {
  it('that moved with a word: the next keepalive meets the new holder, which resets it', () => {
    const { lab, told, send } = session()
    lab.fabric.powerOff('node-04')
    lab.host('node-05', { addresses: [{ address: FLOATING, interface: 'eth0' }] })
    lab.agent('node-05').host.announce(FLOATING, 'eth0', 3, 200 * MILLISECOND)
    lab.run(SECOND)
    send()
    lab.run(10 * MILLISECOND)
    expect(told).toEqual(['closed reset'])
  })

  it('that was removed before its session was closed leaves both ends unaware', () => {
    const { lab, told, send, speaker } = session()
    lab.host('node-04', { addresses: [] })
    speaker.connection.close()
    for (let i = 0; i < 30; i++) {
      send()
      lab.run(SECOND)
    }
    expect(told).toEqual([])
    expect(speaker.types()).toEqual(['connected'])
    expect(lab.fabric.drops.source).toBeGreaterThan(0)
  })

  it('that was removed after its session was closed is missed by nobody', () => {
    const { lab, told, speaker } = session()
    speaker.connection.close()
    lab.run(MILLISECOND)
    lab.host('node-04', { addresses: [] })
    expect(told).toEqual(['closed closed'])
  })
})

describe('a connection attempt', () => {
  it('is refused by whoever has the address and nobody at the port', () => {
    const lab = new Lab()
    const { types } = connect(lab.machine('node-04').startWorld(), '10.0.1.21', 179)
    lab.run(10 * MILLISECOND)
    expect(types()).toEqual(['failed refused'])
  })

  it('is unreachable at once without a route, and by a router that has none', () => {
    const lab = new Lab().underlay()
    expect(lab.machine('core').routeTo('192.0.2.1')).toBeUndefined()
    const near = connect(lab.machine('core').startWorld(), '192.0.2.1', 179)
    const far = connect(lab.machine('node-04').startWorld(), '192.0.2.1', 179)
    lab.run(10 * MILLISECOND)
    expect(near.types()).toEqual(['failed unreachable'])
    expect(far.types()).toEqual(['failed unreachable'])
    expect(far.events[0]).toMatchObject({ detail: 'core has no route to 192.0.2.1' })
  })

  it('is unreachable where it goes round in circles until its TTL ends, but for one who is in the circle itself', () => {
    const lab = new Lab().underlay()
    lab.must(lab.machine('core').table.replace({ prefix: '10.66.0.0/16', protocol: 'bgp', metric: 20, nextHops: [{ via: '10.9.0.1' }] }))
    const beyond = connect(lab.machine('client').startWorld(), '10.66.0.1', 179)
    lab.run(500 * MILLISECOND)
    expect(beyond.types()).toEqual(['failed unreachable'])
    expect(lab.fabric.drops.ttl).toBe(1)
    const within = connect(lab.machine('core').startWorld(), '10.66.0.1', 179, { timeout: 500 * MILLISECOND })
    lab.run(SECOND)
    expect(within.types()).toEqual(['failed timeout'])
    // What comes back to it bears its own address.
    expect(lab.fabric.drops.source).toBe(1)
  })

  it('finds no answer behind a neighbour that died while its MAC address is still known', () => {
    const lab = new Lab()
    const world = lab.machine('node-04').startWorld()
    connect(world, '10.0.1.21', 179)
    lab.run(SECOND)
    lab.fabric.powerOff('node-05')
    const { types } = connect(world, '10.0.1.21', 179, { timeout: 3 * SECOND })
    lab.run(4 * SECOND)
    expect(types()).toEqual(['failed timeout'])
  })

  it('from an address that the machine does not have fails by name', () => {
    const lab = new Lab()
    const { types } = connect(lab.machine('node-04').startWorld(), '10.0.1.21', 179, { localAddress: FLOATING })
    lab.run(SECOND)
    expect(types()).toEqual(['failed address-not-local'])
  })

  it('to a single-hop peer behind a router comes about, and no more: what follows has TTL 1', () => {
    const lab = new Lab().underlay()
    const server = listen(lab.machine('node-06').startWorld(), 179)
    lab.machine('node-04').setPeerTtl('10.0.2.20', 1)
    const near = connect(lab.machine('node-04').startWorld(), '10.0.2.20', 179)
    lab.run(5 * SECOND)
    expect(near.types()).toEqual(['failed unreachable'])
    lab.machine('node-04').setPeerTtl('10.0.2.20', undefined)
    lab.machine('node-06').setPeerTtl('10.0.1.20', 1)
    const { connection, types } = connect(lab.machine('node-04').startWorld('again'), '10.0.2.20', 179)
    connection.send(KEEPALIVE)
    lab.run(5 * SECOND)
    // The answer to the SYN still had the default; the acknowledgement of the data never arrives.
    expect(types()).toEqual(['connected'])
    expect(server.types()).toEqual(['data'])
    expect(connection.queued).toBe(KEEPALIVE.length)
    expect(lab.fabric.drops.ttl).toBeGreaterThan(3)
  })
})
