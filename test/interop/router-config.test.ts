/** What `peerlab check --router-config` prints, loaded into the daemons themselves: sessions come up, VIPs are taken, and nothing else. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { peerNeeds } from '../../src/cluster/check/index.ts'
import { loadCluster } from '../../src/cluster/index.ts'
import { type RouterDialect, routerConfig } from '../../src/cluster/router-config/index.ts'
import { fibNextHops, type Route, type Session } from '../../src/model/index.ts'
import { extraImage } from './extra-image.ts'
import { PEERS, ROUTER_ADDRESS, RouterContainer, routerPlan } from './router-container.ts'
import { hasFib, isUp } from './router-events.ts'

const [FIRST, SECOND] = PEERS
const VIP = '10.0.0.2/32'
const STRAY = '10.66.0.1/32'
const HOPS = ['10.0.1.11', '10.0.1.12', '10.0.1.13']

/** The document's first example, its floating IPs where the container's peers are. */
function configOf(dialect: RouterDialect): string {
  const file = new URL('../../topologies/shared-peers/cluster.yaml', import.meta.url)
  const text = readFileSync(file, 'utf8').replace('- 10.0.1.100\n    - 10.0.2.100', `- ${FIRST}\n    - ${SECOND}`)
  const needs = peerNeeds(loadCluster('cluster.yaml', text).cluster!).find((peer) => peer.peerIP === ROUTER_ADDRESS)!
  expect(needs.neighbors.map((each) => each.address)).toEqual(expect.arrayContaining([FIRST, SECOND]))
  return routerConfig(dialect, needs, 'bm')
}

const ANNOUNCED = [VIP, STRAY].map((prefix) => ({ prefix, nextHops: HOPS, singleNextHop: HOPS[0]! }))

describe.each([
  ['frr', 'frr', 'tor1.frr.conf'],
  ['gobgp', 'gobgp', 'tor1.gobgpd.toml'],
  // NVUE's commands cannot be run here; what they come to is FRR's.
] as const)('the configuration for %s', (dialect, kind, file) => {
  it('is loaded without a complaint; both floating IPs have their session; the VIP has its next hops, and a stray route none', async () => {
    const config = { file, text: configOf(dialect) }
    const router = await RouterContainer.start(routerPlan(kind, { neighbors: [], networks: [], config }))
    try {
      for (const peer of [FIRST, SECOND]) {
        await router.startPeer(peer)
        await router.event(`${peer} up`, isUp(peer), { seconds: 30 })
      }
      const sessions = await router.ask<Session[]>('sessions')
      for (const peer of [FIRST, SECOND])
        expect(sessions.find((each) => each.peerAddress === peer)).toMatchObject({
          localAsn: 65002,
          peerAsn: 65001,
          addPath: { receive: true },
        })
      // The stray route first: when the VIP is there, it has been looked at.
      await router.tellPeer(FIRST, { announce: ANNOUNCED.toReversed() })
      await router.event('three next hops in the FIB', hasFib(VIP, HOPS))
      const routes = await router.ask<Route[]>('routes')
      expect(routes.map((route) => route.prefix)).toEqual([VIP])
      expect(
        router.events.flatMap((event) => (event.type === 'fib' ? [`${event.route.prefix} ${fibNextHops(event.route)}`] : [])).join(),
      ).not.toContain(STRAY)
    } finally {
      await router.stop()
    }
  })
})

describe('the configuration for bird', () => {
  it('is loaded without a complaint; both floating IPs have their session; the VIP has its next hops, and a stray route none', async () => {
    const image = await extraImage('bird2')
    const router = await RouterContainer.create(routerPlan('frr'), image.name)
    try {
      await router.sh(`mkdir -p /run/bird && cat > /tmp/bird.conf <<'END'\n${configOf('bird')}END`)
      expect(await router.sh('bird -p -c /tmp/bird.conf 2>&1')).toBe('')
      await router.sh('bird -c /tmp/bird.conf')
      for (const peer of [FIRST, SECOND]) {
        await router.startPeer(peer)
        const name = `BM_${peer.replaceAll('.', '_')}`
        await router.sh(`timeout 30 sh -c 'until birdc show protocols ${name} | grep -q Established; do sleep 0.1; done'`)
        expect(await router.sh(`birdc show protocols all ${name}`)).toMatch(/ADD-PATH[\s\S]*RX: ipv4/)
      }
      await router.tellPeer(FIRST, { announce: ANNOUNCED.toReversed() })
      await router.sh(`timeout 15 sh -c 'until ip route show ${VIP} | grep -q ${HOPS[2]}; do sleep 0.1; done'`)
      const route = await router.sh(`ip route show ${VIP}`)
      for (const hop of HOPS) expect(route).toContain(`via ${hop}`)
      expect(await router.sh('birdc show route')).not.toContain('10.66.0.1')
    } finally {
      await router.stop()
      await image.remove()
    }
  })
})
