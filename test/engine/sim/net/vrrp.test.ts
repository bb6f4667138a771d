import { describe, expect, it } from 'vitest'
import { MILLISECOND, type Micros, SECOND } from '../../../../src/model/index.ts'
import { Lab } from './network.ts'

/** Three intervals of 100 ms and the skew of priority 150 (RFC 5798 §6.1), from the last advertisement on. */
const TAKEOVER: Micros = 300 * MILLISECOND + (106 * 100 * MILLISECOND) / 256

function states(lab: Lab, router: string): string[] {
  return lab.machine(router).vrrp.gateways.map(({ interface: name, state }) => `${name} ${state}`)
}

/** When node-04 stops and starts getting answers from beyond its gateway: its longest silence while `fault` is done to the lab. */
function outage(lab: Lab, fault: () => void, length: Micros = 2 * SECOND): Micros {
  lab.backend('client', 7)
  let last = lab.queue.now
  let longest = 0
  const socket = lab.machine('node-04').bindUdp({}, () => {
    longest = Math.max(longest, lab.queue.now - last)
    last = lab.queue.now
  })!
  const end = lab.queue.now + length
  let done = false
  while (lab.queue.now < end) {
    socket.send({ address: '10.7.0.10', port: 7 }, 'x')
    lab.run(MILLISECOND)
    if (!done && lab.queue.now > end - length + 300 * MILLISECOND) {
      done = true
      fault()
    }
  }
  return Math.max(longest, lab.queue.now - last)
}

describe('the virtual gateway', () => {
  it('is Initialize, Backup, and then master at the router of the higher priority', () => {
    const logs: string[] = []
    const lab = new Lab(undefined, { emit: (event) => event.type === 'log' && logs.push(`${event.device} ${event.message}`) })
    expect(states(lab, 'tor1')).toEqual(['rack1 initialize', 'rack2 initialize'])
    lab.machine('tor1').vrrp.start()
    lab.machine('tor2').vrrp.start()
    expect(states(lab, 'tor1')).toEqual(['rack1 backup', 'rack2 backup'])
    lab.run(SECOND)
    expect(states(lab, 'tor1')).toEqual(['rack1 master', 'rack2 backup'])
    expect(states(lab, 'tor2')).toEqual(['rack1 backup', 'rack2 master'])
    expect(logs).toEqual([
      'tor1 VRRP 1: Initialize -> Backup',
      'tor1 VRRP 2: Initialize -> Backup',
      'tor2 VRRP 1: Initialize -> Backup',
      'tor2 VRRP 2: Initialize -> Backup',
      'tor1 VRRP 1: Backup -> Master',
      'tor2 VRRP 2: Backup -> Master',
    ])
  })

  it('answers ARP with its own MAC address, and only where it is master', () => {
    const lab = new Lab().underlay()
    lab.ask('node-04', '10.7.0.10', 7)
    expect(lab.machine('node-04').neighbors.find(({ address }) => address === '10.0.1.1')?.mac).toBe('00:00:5e:00:01:01')
    lab.machine('client').ping('10.0.1.20', { timeout: SECOND }, () => {})
    lab.run(SECOND)
    expect(lab.machine('tor2').holds('10.0.1.1')).toBe(true)
  })

  it('moves within three intervals and the skew when its router loses power, and nobody has to learn a MAC address', () => {
    const lab = new Lab().underlay()
    const silence = outage(lab, () => lab.fabric.powerOff('tor1'))
    expect(states(lab, 'tor2')).toEqual(['rack1 master', 'rack2 master'])
    expect(silence).toBeGreaterThan(TAKEOVER - 101 * MILLISECOND)
    expect(silence).toBeLessThan(TAKEOVER + 3 * MILLISECOND)
  })

  it('moves by when its last advertisement came, not by when it was missed', () => {
    const masters: [string, Micros][] = []
    const told = (message: string, device: string) => message === 'VRRP 1: Backup -> Master' && masters.push([device, lab.queue.now])
    const lab: Lab = new Lab(undefined, { emit: (event) => event.type === 'log' && told(event.message, event.device) })
    lab.underlay()
    const [[, since] = ['', 0]] = masters
    lab.run(3 * SECOND + since - lab.queue.now + 260 * MILLISECOND)
    lab.fabric.powerOff('tor1')
    lab.run(SECOND)
    expect(masters).toEqual([
      ['tor1', since],
      ['tor2', Math.ceil(since + 3 * SECOND + 200 * MILLISECOND + TAKEOVER)],
    ])
  })

  it('moves likewise when the link into the rack fails, and back when it is there again', () => {
    const lab = new Lab().underlay()
    lab.must(lab.machine('core').table.replace({ prefix: '10.0.1.20/32', protocol: 'test', metric: 1, nextHops: [{ via: '10.9.0.5' }] }))
    const down = outage(lab, () => lab.fabric.setInterface('tor1', 'rack1', false))
    expect(states(lab, 'tor1')).toEqual(['rack1 initialize', 'rack2 backup'])
    expect(states(lab, 'tor2')).toEqual(['rack1 master', 'rack2 master'])
    expect(down).toBeGreaterThan(TAKEOVER - 101 * MILLISECOND)
    expect(down).toBeLessThan(TAKEOVER + 3 * MILLISECOND)
    const up = outage(lab, () => lab.fabric.setInterface('tor1', 'rack1', true))
    expect(states(lab, 'tor1')).toEqual(['rack1 master', 'rack2 backup'])
    expect(states(lab, 'tor2')).toEqual(['rack1 backup', 'rack2 master'])
    expect(up).toBeLessThan(5 * MILLISECOND)
  })

  it('stays where it is when its program is killed, until the backup takes it over', () => {
    const lab = new Lab().underlay()
    lab.machine('tor1').vrrp.stop()
    expect(states(lab, 'tor1')).toEqual(['rack1 master', 'rack2 backup'])
    lab.run(SECOND)
    expect(states(lab, 'tor2')).toEqual(['rack1 master', 'rack2 master'])
    // The bridge has learned the virtual MAC address where it was heard last.
    expect(lab.ask('node-04', '10.7.0.10', 7)).toMatchObject({ type: 'error', reason: 'refused' })
    lab.machine('tor1').vrrp.start()
    lab.run(SECOND)
    expect(states(lab, 'tor1')).toEqual(['rack1 master', 'rack2 backup'])
    expect(states(lab, 'tor2')).toEqual(['rack1 backup', 'rack2 master'])
  })

  it('begins anew at a link that comes back, and in a rack whose switch had no power', () => {
    const lab = new Lab().underlay()
    lab.fabric.setInterface('rack1', 'tor2', false)
    lab.run(SECOND)
    expect(states(lab, 'tor2')[0]).toBe('rack1 initialize')
    lab.fabric.powerOff('rack1')
    lab.run(SECOND)
    expect([...states(lab, 'tor1'), ...states(lab, 'tor2')].filter((state) => state.startsWith('rack1'))).toEqual([
      'rack1 initialize',
      'rack1 initialize',
    ])
    lab.fabric.powerOn('rack1')
    lab.run(SECOND)
    expect(states(lab, 'tor1')[0]).toBe('rack1 master')
    expect(states(lab, 'tor2')[0]).toBe('rack1 backup')
  })
})
