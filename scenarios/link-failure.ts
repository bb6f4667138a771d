/**
 * A ToR loses its link to the core, and gets it back. A router whose own interface goes down need not wait for the hold time of a single-hop peer
 * (FRR's `bgp fast-external-failover`); one that does, as GoBGP, ends the session by its hold time. The core goes on by the other ToR at once. What
 * the racks send may not: the cut ToR stays their VRRP gateway, and has no way out, until the link is back. And a link that comes back is in FRR 8.4's
 * table, not in the core's kernel: its group of next hops stays as the failure left it (docs/routers.md), which is told, not asserted.
 */
import { formatDuration, type Micros, scenario } from 'peerlab/scenario'

const VIP = '10.0.0.1'
const SECOND: Micros = 1_000_000

scenario(
  'a ToR loses its link to the core, and gets it back',
  {
    topology: 'shared-peers',
    proves: ['R10'],
    controls: [
      {
        name: 'the link stays up',
        leaveOut: ['link-down'],
        patience: '3s',
        mustFail: [/has no session with/, /by the other ToR alone$/, /sets the session with .* up again$/],
      },
      {
        name: 'there is no other ToR',
        patience: '3s',
        mustFail: ['core keeps 10.0.0.1/32', /by the other ToR alone$/, /^core has .* by both ToRs again$/],
      },
    ],
  },
  async ({ lab, step, expect, control, timers, measure, tell }) => {
    const [tor, other] = lab.tors
    if (tor === undefined || other === undefined) throw new Error('this takes two ToRs')
    const core = lab.router('core')
    const vip = `${VIP}/32`
    const ways = core.neighborRouters
    const uplink = lab.plan.routers.find(({ name }) => name === tor.name)?.neighbors.find(({ asn }) => asn === core.asn)
    if (uplink === undefined) throw new Error(`${tor.name} has no session with ${core.name}`)
    // The core knows the session by the address from which the ToR comes.
    const address = uplink.updateSource
    const otherWays = ways.filter((each) => each !== address)

    await step('converge', async () => {
      for (const each of lab.tors) await expect(each).toHaveRoute(vip, { nextHops: lab.loadBalancerNodes, within: '60s' })
      await expect(core).toHaveRoute(vip, { nextHops: ways, within: '60s' })
    })
    const udp = await lab.client('client').probe({ vip: VIP, port: 80, protocol: 'udp', flows: 30, packetsPerSecond: 20 })
    await expect(udp).toBeAnswered({ within: '10s', name: 'every UDP flow is answered at first' })

    expect.always(core).toKeepRoute(vip)
    if (control === 'there is no other ToR') await other.powerOff()
    const down = await core.linkDown(tor.name)
    const ended = await step('fail over', async () => {
      const atCore = await expect(core).toHaveNoSession(address, { since: down, within: '2s' })
      const name = `core reaches ${vip} by the other ToR alone`
      const alone = await expect(core).toHaveRoute(vip, { nextHops: otherWays, since: down, within: '2s', name })
      const within = tor.kind === 'frr' ? 2 * SECOND : (timers.holdTimeSeconds + 2) * SECOND
      const atTor = await expect(tor).toHaveNoSession(uplink.address, { since: down, within })
      return { atCore: atCore.after, atTor: atTor.after, alone: alone.after }
    })

    const up = await core.linkUp(tor.name)
    const back = await step('come back', async () => {
      const session = await expect(core).toReestablishSession(address, { since: down, within: '30s' })
      await expect(core).toHaveRoute(vip, { nextHops: ways, table: 'bgp', within: '30s', name: `core has ${vip} by both ToRs again` })
      await expect(udp).toBeAnswered({ within: '10s', name: 'every flow is answered again' })
      // As long as bgpd's queue and zebra take, and longer.
      await expect(core).toKeepRoute(vip, { for: '2s', name: `${core.name} has ${vip} to stay` })
      return session
    })
    const forwarding = core.nextHopsOf(vip)
    const { flows } = await udp.stop()
    const worst = flows.reduce((a, b) => (b.longestGap > a.longestGap ? b : a))
    measure('session ended after, µs', ended)
    measure('UDP worst gap, µs', worst.longestGap)
    measure('kernel next hops after the link is back', forwarding)
    measure('link back until session, µs', back.after - (up.at - down.at))
    tell(
      `${core.name} gave ${tor.name} up after ${formatDuration(ended.atCore)}, ${tor.name} ${core.name} after ${formatDuration(ended.atTor)} · worst of ${flows.length} UDP flows: ${formatDuration(worst.longestGap)} · link back: ${forwarding.length} of ${ways.length} ways in ${core.name}’s kernel`,
    )
  },
)
