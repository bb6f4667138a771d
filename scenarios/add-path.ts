/**
 * ADD-PATH on, off, and on at one ToR only (R9, R22): with it a session announces every load-balancer node as a next hop of a VIP; without it, one
 * node per VIP, and different VIPs are spread over different nodes. Each ToR sees what its own sessions negotiated.
 */
import { type RouterHandle, scenario, type TopologyOptions } from 'peerlab/scenario'

const addPath = (tor1: boolean, tor2: boolean): TopologyOptions => ({ addPath: { tor1, tor2 } })
const FLOWS = 120

const WITH = { on: ['tor1', 'tor2'], off: [], mixed: ['tor1'] } as Readonly<Record<string, readonly string[]>>

scenario(
  'each ToR sees what its sessions negotiated',
  {
    topology: 'shared-peers',
    variants: [
      { name: 'on', title: 'ADD-PATH at both', topology: addPath(true, true) },
      { name: 'off', title: 'ADD-PATH at none', topology: addPath(false, false) },
      { name: 'mixed', title: 'ADD-PATH at tor1 only', topology: addPath(true, false) },
    ],
    proves: ['R9', 'R22'],
    controls: [
      {
        name: 'ADD-PATH is off',
        variants: ['on'],
        topology: addPath(false, false),
        patience: '1s',
        mustFail: [/with ADD-PATH$/, /has .* via /, /receives .* via /, /^flows to /],
      },
      {
        name: 'ADD-PATH is on',
        variants: ['off'],
        topology: addPath(true, true),
        patience: '1s',
        mustFail: [/without ADD-PATH$/, /one next hop/, /receives one path/, /^flows to /],
      },
      {
        name: 'the other way round',
        variants: ['mixed'],
        topology: addPath(false, true),
        patience: '1s',
        mustFail: [/with(?:out)? ADD-PATH$/, /has .* via /, /receives .* via /, /one next hop/, /receives one path/, /^flows to /],
      },
    ],
  },
  async ({ lab, step, expect, variant, measure, tell }) => {
    const nodes = lab.loadBalancerNodes
    const floatingIps = lab.plan.cluster.model.floatingIPs
    const has = (tor: RouterHandle) => WITH[variant]?.includes(tor.name) === true
    const told: string[] = []

    await step('converge', async () => {
      for (const tor of lab.tors) {
        for (const from of floatingIps) {
          await expect(tor).toHaveSession(from, { within: '60s' })
          // While nodes become ready one after the other, a session with ADD-PATH looks like one without.
          await expect(tor).toHearOf(lab.vips, { from, nextHops: nodes, within: '60s' })
        }
        for (const vip of lab.vips) await expect(tor).toHaveRoute(vip, { within: '60s' })
      }
      // By way of each ToR: while it has heard of one only, all flows go there.
      const core = lab.router('core')
      for (const vip of lab.vips)
        await expect(core).toHaveRoute(vip, { nextHops: core.neighborRouters, within: '60s', name: `core reaches ${vip} by each ToR` })
    })

    await step('look at the routes', async () => {
      await Promise.all(
        lab.tors.flatMap((tor) => [
          ...floatingIps.map((address) => expect(tor).toHaveSession(address, { addPath: has(tor), within: '10s' })),
          ...(has(tor)
            ? lab.vips.flatMap((vip) => [
                ...floatingIps.map((from) => expect(tor).toReceive(vip, { from, nextHops: nodes, within: '10s' })),
                expect(tor).toHaveRoute(vip, { nextHops: nodes, within: '10s' }),
              ])
            : [
                ...floatingIps.map((from) => expect(tor).toReceiveOnePathEach(lab.vips, { from, within: '10s' })),
                expect(tor).toSpread(lab.vips, { among: nodes, within: '10s' }),
              ]),
        ]),
      )
    })

    await step('send traffic', async () => {
      for (const vip of lab.vips) {
        const address = vip.replace('/32', '')
        const result = await lab.client('client').fanOut({ vip: address, flows: FLOWS })
        expect.that(`every flow to ${address} is answered`, result.answered === FLOWS, `${result.answered} of ${FLOWS} were`)
        for (const tor of lab.tors) {
          const used = nodes.filter((node) => (result.byRouter[tor.name]?.[node.name] ?? 0) > 0)
          const wanted = has(tor) ? nodes.length : 1
          const names = used.map((node) => node.name)
          const name = `flows to ${address} at ${tor.name} use ${wanted === 1 ? 'the one next hop' : 'every next hop'}`
          expect.that(name, used.length === wanted, `they used ${names.join(', ')}`)
          measure(`nodes that carry ${address} at ${tor.name}`, names)
        }
      }
    })
    for (const tor of lab.tors)
      told.push(`${tor.name} ${has(tor) ? `ADD-PATH: ${nodes.length} next hops per VIP` : 'without: one per VIP, spread'}`)
    tell(told.join(' · '))
  },
)
