import { describe, expect, it } from 'vitest'
import { Log } from '../../src/engine/log.ts'
import { POWER_OFF, StateView } from '../../src/engine/view.ts'
import type { LabEvent } from '../../src/model/index.ts'
import { establishedSession } from '../session.ts'

const session = establishedSession()

function make() {
  const view = new StateView()
  let now = 1000
  return { view, log: new Log(view, () => now++) }
}

describe('the view that events add up to', () => {
  it('keeps the latest session of each pair of addresses, and forgets one that is removed', () => {
    const { view, log } = make()
    log.emit({ type: 'session', device: 'tor1', session })
    log.emit({ type: 'session', device: 'tor1', session: { ...session, state: 'Idle' } })
    expect(view.sessionsOf('tor1')).toEqual([{ ...session, state: 'Idle' }])
    log.emit({ type: 'session-removed', device: 'tor1', localAddress: '10.8.0.10', peerAddress: '10.0.1.100' })
    expect(view.sessionsOf('tor1')).toEqual([])
  })

  it('prefers the established one where a peer has sessions from two local addresses', () => {
    const { view, log } = make()
    log.emit({ type: 'session', device: 'tor1', session: { ...session, localAddress: '10.0.1.2', state: 'Active' } })
    log.emit({ type: 'session', device: 'tor1', session })
    expect(view.session('tor1', '10.0.1.100')?.localAddress).toBe('10.8.0.10')
    expect(view.session('tor1', '10.0.9.9')).toBeUndefined()
  })

  it('drops a route without paths and a kernel route without next hops', () => {
    const { view, log } = make()
    const prefix = '10.0.0.1/32'
    const path = { nextHop: '10.0.1.11', from: '10.0.1.100', asPath: [65001], valid: true, best: true, multipath: true }
    log.emit({ type: 'route', device: 'tor1', route: { device: 'tor1', prefix, paths: [path] }, uncertainty: 10 })
    const hop = { via: '10.0.1.11', interface: 'rack1', weight: 1 }
    log.emit({ type: 'fib', device: 'tor1', route: { device: 'tor1', prefix, protocol: 'bgp', metric: 20, nextHops: [hop] } })
    expect(view.route('tor1', prefix)?.paths).toHaveLength(1)
    expect(view.fib('tor1', prefix)?.nextHops).toEqual([hop])
    log.emit({ type: 'route', device: 'tor1', route: { device: 'tor1', prefix, paths: [] }, uncertainty: 10 })
    log.emit({ type: 'fib', device: 'tor1', route: { device: 'tor1', prefix, protocol: 'bgp', metric: 20, nextHops: [] } })
    expect(view.routesOf('tor1')).toEqual([])
    expect(view.fibOf('tor1')).toEqual([])
  })

  it('knows since when a floating IP is where it is, and whether a node is ready', () => {
    const { view, log } = make()
    log.emit({ type: 'floating-ip', address: '10.0.1.100', node: 'node-04', reason: 'placed' }, 5)
    log.emit({ type: 'floating-ip', address: '10.0.1.100', previous: 'node-04', reason: 'no eligible node' }, 9)
    expect(view.floatingIp('10.0.1.100')).toEqual({ address: '10.0.1.100', since: 9, reason: 'no eligible node' })
    log.emit({ type: 'node-ready', node: 'node-04', ready: false, reason: 'lease expired' })
    expect(view.nodeReady('node-04')).toBe(false)
    expect(view.nodeReady('node-05')).toBeUndefined()
  })

  it('knows where a node sends a Service, nowhere included, until it serves it no more or loses power', () => {
    const { view, log } = make()
    const service = { type: 'service', device: 'node-04', service: 'default/web' } as const
    expect(view.backends('node-04', 'default/web')).toBeUndefined()
    log.emit({ ...service, backends: ['10.0.1.22'] })
    expect(view.backends('node-04', 'default/web')).toEqual(['10.0.1.22'])
    log.emit({ ...service, backends: [] })
    expect(view.backends('node-04', 'default/web')).toEqual([])
    log.emit(service)
    expect(view.backends('node-04', 'default/web')).toBeUndefined()
    log.emit({ ...service, backends: [] })
    log.emit({ type: 'fault', device: 'node-04', fault: POWER_OFF, detail: '' })
    expect(view.backends('node-04', 'default/web')).toBeUndefined()
  })

  it('leaves a device that lost power without tables', () => {
    const { view, log } = make()
    log.emit({ type: 'session', device: 'tor1', session })
    log.emit({ type: 'session', device: 'tor2', session: { ...session, device: 'tor2' } })
    log.emit({ type: 'fault', device: 'tor1', fault: POWER_OFF, detail: '' })
    expect(view.sessionsOf('tor1')).toEqual([])
    expect(view.sessionsOf('tor2')).toHaveLength(1)
  })
})

describe('the event log', () => {
  it('stamps what has no time, keeps the time of what has, and tells listeners after the view has changed', () => {
    const { view, log } = make()
    const heard: [LabEvent, number][] = []
    const stop = log.subscribe((event) => heard.push([event, view.sessionsOf('tor1').length]))
    log.emit({ type: 'session', device: 'tor1', session })
    log.record({ type: 'ready', device: 'tor1', what: 'router', at: 7 })
    stop()
    log.emit({ type: 'ready', device: 'tor2', what: 'router' })
    expect(heard.map(([event, sessions]) => [event.type, event.at, sessions])).toEqual([
      ['session', 1000, 1],
      ['ready', 7, 1],
    ])
    expect(log.all).toHaveLength(3)
  })

  it('lets a listener stop itself, and another be subscribed, while an event is told', () => {
    const { log } = make()
    const heard: string[] = []
    const stop = log.subscribe(() => {
      heard.push('first')
      stop()
      log.subscribe(() => heard.push('second'))
    })
    log.emit({ type: 'ready', device: 'a', what: '' })
    log.emit({ type: 'ready', device: 'b', what: '' })
    expect(heard).toEqual(['first', 'second'])
  })
})
