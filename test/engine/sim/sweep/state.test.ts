import { describe, expect, test } from 'vitest'
import { CanonicalState, compareStates, hashOf } from '../../../../src/engine/sim/sweep/state.ts'
import type { LabEvent, LabEventBody, Session } from '../../../../src/model/index.ts'

const SESSION: Session = {
  device: 'tor1',
  localAddress: '10.8.0.10',
  peerAddress: '10.0.1.10',
  localAsn: 65002,
  peerAsn: 65001,
  state: 'Established',
  establishedCount: 1,
  addPath: { receive: true, send: false },
}
const session = (change: Partial<Session> = {}): LabEventBody => ({ type: 'session', device: 'tor1', session: { ...SESSION, ...change } })
const fib = (...vias: string[]): LabEventBody => ({
  type: 'fib',
  device: 'tor1',
  route: {
    device: 'tor1',
    prefix: '10.0.0.1/32',
    protocol: 'bgp',
    metric: 20,
    nextHops: vias.map((via) => ({ via, interface: 'rack1', weight: 1 })),
  },
})
const holder = (node?: string): LabEventBody => ({ type: 'floating-ip', address: '10.0.1.100', reason: '', ...(node && { node }) })
const address = (device: string, present = true): LabEventBody => ({
  type: 'address',
  device,
  address: '10.0.1.100',
  interface: 'eth0',
  present,
})

function stateOf(...bodies: LabEventBody[]): CanonicalState {
  const state = new CanonicalState()
  for (const [index, body] of bodies.entries()) state.apply({ ...body, at: index + 1 } as LabEvent)
  return state
}
const compared = (before: LabEventBody[], after: LabEventBody[]) => compareStates(stateOf(...before).lines(), stateOf(...after).lines())

describe('the canonical state', () => {
  test('has neither clocks nor counters, nor the order of things', () => {
    const one = stateOf(session(), fib('10.0.1.20', '10.0.1.21'), holder('node-04')).lines()
    const other = stateOf(holder('node-04'), fib('10.0.1.21', '10.0.1.20'), session({ establishedCount: 7, since: 9, upSince: 9 })).lines()
    expect(hashOf(other)).toBe(hashOf(one))
    expect(hashOf(one)).toMatch(/^[0-9a-f]{16}$/)
    expect([...one]).toEqual([
      ['floating IP 10.0.1.100', 'node-04'],
      ['tor1 FIB 10.0.0.1/32', '10.0.1.20 rack1, 10.0.1.21 rack1'],
      ['tor1 session 10.8.0.10–10.0.1.10', 'up, ADD-PATH received'],
    ])
  })

  test('is another when a session is down, ADD-PATH is gone, or a next hop; and says when', () => {
    for (const change of [{ state: 'Idle' as const }, { addPath: { receive: false, send: false } }])
      expect(compared([session()], [session(change)])).toMatchObject({ equal: false, equivalent: false, kernelAlone: false })
    expect(compared([fib('10.0.1.20', '10.0.1.21')], [fib('10.0.1.20')])).toEqual({
      equal: false,
      equivalent: false,
      kernelAlone: true,
      differences: ['tor1 FIB 10.0.0.1/32: 10.0.1.20 rack1, 10.0.1.21 rack1 → 10.0.1.20 rack1'],
    })
    expect(stateOf(session(), session({ establishedCount: 2 }), session({ state: 'Active' }), session({ state: 'Idle' })).changed).toBe(3)
  })

  test('a floating IP at another node is as good; one that nobody holds is not', () => {
    const at = (node: string) => [holder(node), address(node)]
    expect(compared(at('node-04'), at('node-05'))).toMatchObject({ equal: false, equivalent: true })
    expect(compared([holder('node-04')], [holder()])).toMatchObject({ equivalent: false })
  })

  test('as many other next hops of a limited number are as good; fewer are not', () => {
    expect(compared([fib('10.0.1.20')], [fib('10.0.1.21')])).toMatchObject({ equal: false, equivalent: true })
    expect(compared([fib('10.0.1.20')], [fib()])).toMatchObject({ equivalent: false })
  })

  test('a device without power has no state', () => {
    const off: LabEventBody = { type: 'fault', device: 'tor1', fault: 'power-off', detail: '' }
    expect([...stateOf(session(), fib('10.0.1.20'), holder('node-04'), off).lines().keys()]).toEqual(['floating IP 10.0.1.100'])
  })
})
