/** What every router kind must do, on the real daemons: the same assertions for each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FibRoute, fibNextHops, type LabEvent, type Route, type Session } from '../../src/model/index.ts'
import type { RouterKind } from '../../src/topology/plan.ts'
import { neighbor, PEERS, ROUTER_ADDRESS, RouterContainer, routerPlan } from './router-container.ts'
import { hasFib, hasRoute, isSession, isUp } from './router-events.ts'

const VIP = '10.0.0.1/32'
const OFF_LINK = '10.0.0.2/32'
const HOPS = ['10.0.1.11', '10.0.1.12', '10.0.1.13']

export function behavesAsARouter(kind: RouterKind, daemon: string): void {
  describe(`${kind} in a container`, () => {
    const [first, second, third] = PEERS
    let router: RouterContainer

    beforeAll(async () => {
      const neighbors = [neighbor(first), neighbor(second, { multihop: false }), neighbor(third, { addPathReceive: false })]
      const vrrp = [{ interface: 'rack0', vrid: 1, address: '10.0.1.1', priority: 200, advertisementIntervalMs: 100 }]
      router = await RouterContainer.start(routerPlan(kind, { neighbors, vrrp }))
      await Promise.all(PEERS.map((peer) => router.startPeer(peer)))
    })

    afterAll(async () => {
      await router?.stop()
    })

    it('says that it is ready, and its version', async () => {
      const ready = await router.event('ready', (event) => event.type === 'ready')
      expect(ready).toMatchObject({ device: 'tor1', what: expect.stringMatching(kind === 'frr' ? /^FRR \d/ : /^GoBGP \d/) })
    })

    it('tells of sessions that come up, with what they negotiated', async () => {
      for (const peer of PEERS) await router.event(`${peer} up`, isUp(peer), { seconds: 30 })
      const sessions = await router.ask<Session[]>('sessions')
      expect(sessions.map((one) => [one.peerAddress, one.state, one.localAddress, one.addPath.receive, one.holdTimeSeconds])).toEqual([
        [first, 'Established', ROUTER_ADDRESS, true, 9],
        [second, 'Established', ROUTER_ADDRESS, true, 9],
        [third, 'Established', ROUTER_ADDRESS, false, 9],
      ])
    })

    it('puts three next hops of one ADD-PATH session into the kernel, as one route', async () => {
      const from = router.events.length
      await router.tellPeer(first, { announce: [{ prefix: VIP, nextHops: HOPS, singleNextHop: HOPS[0]! }] })
      await router.event('three next hops in the FIB', hasFib(VIP, HOPS), { from })
      const event = await router.event('three paths in use', hasRoute(VIP, HOPS), { from })
      expect(event).toMatchObject({ route: { paths: [{ pathId: 1, from: first, asPath: [65001] }, { pathId: 2 }, { pathId: 3 }] } })
      const fib = await router.ask<FibRoute[]>('fib', { prefix: VIP })
      expect(fib.map(fibNextHops)).toEqual([HOPS])
    })

    it('takes one path away when one is withdrawn', async () => {
      const from = router.events.length
      await router.tellPeer(first, { announce: [{ prefix: VIP, nextHops: [HOPS[0]!, HOPS[2]!] }] })
      await router.event('two next hops in the FIB', hasFib(VIP, [HOPS[0]!, HOPS[2]!]), { from })
      await router.event('two paths in use', hasRoute(VIP, [HOPS[0]!, HOPS[2]!]), { from })
      expect(router.events.slice(from).filter((event) => event.type === 'fib' && event.route.nextHops.length === 0)).toEqual([])
    })

    it('shows a path without an identifier on a session without ADD-PATH', async () => {
      const from = router.events.length
      await router.tellPeer(third, { announce: [{ prefix: VIP, nextHops: HOPS, singleNextHop: HOPS[1]! }] })
      const event = await router.event('a next hop from the third peer', hasRoute(VIP, HOPS), { from })
      const path = event.type === 'route' && event.route.paths.find((one) => one.from === third)
      expect(path).toMatchObject({ nextHop: HOPS[1] })
      expect(path).not.toHaveProperty('pathId')
      await router.tellPeer(third, { announce: [] })
      await router.event('it is gone again', hasRoute(VIP, [HOPS[0]!, HOPS[2]!]), { from })
    })

    it('says why a path is not used', async () => {
      const from = router.events.length
      await router.tellPeer(second, { announce: [{ prefix: OFF_LINK, nextHops: ['10.0.7.7'] }] })
      const event = await router.event('the path', (one) => one.type === 'route' && one.route.prefix === OFF_LINK, { from })
      expect(event).toMatchObject({
        route: { paths: [{ nextHop: '10.0.7.7', valid: false, multipath: false, whyNot: expect.stringContaining('next hop') }] },
      })
      expect(await router.ask<FibRoute[]>('fib', { prefix: OFF_LINK })).toEqual([])
    })

    it('sets a session up again after a reset, and counts it', async () => {
      const from = router.events.length
      await router.ask('reset', { peer: first })
      await router.event(
        'down',
        isSession(first, (session) => session.state !== 'Established' && session.reason !== undefined),
        { from },
      )
      const up = await router.event('up again', isUp(first), { from, seconds: 20 })
      expect(up).toMatchObject({ session: { establishedCount: 2 } })
      await router.event('its paths are back', hasRoute(VIP, [HOPS[0]!, HOPS[2]!]), { from })
    })

    it('reports routes that the kernel dropped in silence with their link', async () => {
      const from = router.events.length
      await router.sh('ip link set rack0 down')
      await router.event('the route is gone', hasFib(VIP, []), { from })
      await router.event('the rack is gone', hasFib('10.0.1.0/24', []), { from })
      const again = router.events.length
      await router.sh('ip link set rack0 up')
      await router.event('the rack is back', hasFib('10.0.1.0/24', ['rack0']), { from: again })
      await router.event('the route is back', hasFib(VIP, [HOPS[0]!, HOPS[2]!]), { from: again, seconds: 40 })
    })

    it('survives its daemon: routes leave the kernel at once, and return when it is started', async () => {
      const from = router.events.length
      await router.ask('kill')
      await router.event('the kernel has no route', hasFib(VIP, []), { from })
      await router.event('no path', (event) => event.type === 'route' && event.route.prefix === VIP && event.route.paths.length === 0, {
        from,
      })
      await router.event(
        'down',
        isSession(first, (session) => session.reason === `${daemon} is not running`),
        { from },
      )
      const sessions = await router.ask<Session[]>('sessions')
      expect(sessions.map((session) => session.state)).toEqual(['Idle', 'Idle', 'Idle'])
      expect(await router.ask<Route[]>('routes')).toEqual([])
      const again = router.events.length
      await router.ask('start-process')
      for (const peer of PEERS) await router.event(`${peer} up`, isUp(peer), { from: again, seconds: 20 })
      await router.event('the route is back', hasFib(VIP, [HOPS[0]!, HOPS[2]!]), { from: again })
      const back = (event: LabEvent) => event.type === 'route' && event.route.prefix === OFF_LINK && event.route.paths.length > 0
      await router.event('the unused path is back', back, { from: again })
    })

    it('holds the virtual gateway of its rack', async () => {
      await router.event('VRRP master', (event) => event.type === 'log' && event.message === 'VRRP 1: Backup -> Master')
      expect(await router.peersSh('arping -c 1 -w 2 -I peers0 10.0.1.1')).toMatch(/00:00:5e:00:01:01/i)
    })

    it('has told everything that a fresh reading finds, and the audit found nothing', async () => {
      const [routes, fib] = await Promise.all([router.ask<Route[]>('routes'), router.ask<FibRoute[]>('fib')])
      const told = new Map<string, Route>()
      const forwarded = new Map<string, FibRoute>()
      for (const event of router.events) {
        if (event.type === 'route') told.set(event.route.prefix, event.route)
        if (event.type === 'fib') forwarded.set(event.route.prefix, event.route)
      }
      expect([...told.values()].filter((route) => route.paths.length > 0).sort(byPrefix)).toEqual([...routes].sort(byPrefix))
      expect([...forwarded.values()].filter((route) => route.nextHops.length > 0).sort(byPrefix)).toEqual([...fib].sort(byPrefix))
      expect(router.missed).toEqual([])
      expect(router.events.filter((event) => event.type === 'log' && event.level === 'error')).toEqual([])
    })
  })
}

function byPrefix(a: { readonly prefix: string }, b: { readonly prefix: string }): number {
  return a.prefix < b.prefix ? -1 : 1
}
