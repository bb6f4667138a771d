import { describe, expect, it } from 'vitest'
import { SECOND } from '../../../../src/model/index.ts'
import { connect, Lab, listen, rule, VIP } from './network.ts'

const LOAD_BALANCERS = ['10.0.1.20', '10.0.1.21', '10.0.2.20']
const NODES = ['node-04', 'node-05', 'node-06']

function vipLab(...services: Parameters<Lab['serve']>[1]): Lab {
  const lab = new Lab().underlay()
  lab.route(LOAD_BALANCERS)
  lab.serve(NODES, services)
  return lab
}

describe('a VIP, from a client behind the core', () => {
  it('is translated at a load-balancer node, which the backend sees, and answered from the VIP', () => {
    const lab = vipLab(rule(['10.0.1.22', '10.0.2.22']))
    lab.backend('node-07')
    lab.backend('node-08')
    for (let i = 0; i < 20; i++) {
      const answer = lab.ask('client', VIP)
      if (answer?.type !== 'datagram') throw new Error(`answer ${i}: ${answer?.type}`)
      const [backend, source] = answer.data.split(' ')
      const { devices, translatedBy } = answer.trace
      expect(answer.from).toEqual({ address: VIP, port: 80 })
      expect(lab.machine(translatedBy!).holds(source!)).toBe(true)
      expect([devices[0], devices.at(-1)]).toEqual([backend, 'client'])
      expect(devices).toContain(translatedBy)
    }
    expect(Object.values(lab.fabric.drops).every((count) => count === 0)).toBe(true)
  })

  it('refuses where it has no backends, and on a port that nobody has', () => {
    const lab = vipLab(rule([], 'udp'), rule([], 'tcp'))
    expect(lab.ask('client', VIP)).toMatchObject({ type: 'error', reason: 'refused' })
    expect(lab.ask('client', VIP, 81)).toMatchObject({ type: 'error', reason: 'refused' })
    const tcp = connect(lab.machine('client').startWorld(), VIP, 80)
    lab.run(SECOND)
    expect(tcp.types()).toEqual(['failed refused'])
  })

  it('takes TCP through, and back', () => {
    const lab = vipLab(rule(['10.0.1.22'], 'tcp'))
    const server = listen(lab.machine('node-07').startWorld(), 8080)
    const { connection, types } = connect(lab.machine('client').startWorld(), VIP, 80)
    connection.send(new Uint8Array(3_000))
    lab.run(SECOND)
    expect(types()).toEqual(['connected'])
    expect(server.types()).toEqual(['data'])
    expect(LOAD_BALANCERS).toContain(server.remotes[0])
  })
})
