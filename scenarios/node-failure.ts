/**
 * The holder of a floating IP loses power. The address moves within its subnet, its sessions come back from the new node, and the VIP stays
 * reachable through the other floating IP's sessions all the while (R16, R17, R20).
 */
import { formatDuration, type Micros, scenario } from 'peerlab/scenario'

const FLOATING_IP = '10.0.1.100'
const VIP = '10.0.0.1'
const SECOND: Micros = 1_000_000

scenario(
  'the holder of a floating IP loses power',
  {
    topology: 'shared-peers',
    variants: [
      { name: 'lb-node', title: 'it is a load-balancer node', topology: { initialPlacement: { [FLOATING_IP]: 'node-04' } } },
      { name: 'other-node', title: 'it is none', topology: { initialPlacement: { [FLOATING_IP]: 'node-01' } } },
    ],
    proves: ['R5', 'R17', 'R19', 'R20'],
    controls: [
      {
        name: 'the power stays on',
        leaveOut: ['power-off'],
        patience: '8s',
        mustFail: [`${FLOATING_IP} moves`, /sets the session with .* up again$/],
        variants: ['other-node'],
      },
      {
        name: 'the power stays on',
        leaveOut: ['power-off'],
        patience: '8s',
        mustFail: [`${FLOATING_IP} moves`, /sets the session with .* up again$/, /loses next hop/],
        variants: ['lb-node'],
      },
      {
        name: 'every load-balancer node fails with it',
        patience: '4s',
        mustFail: [/^tor\d keeps /, 'every flow is answered again'],
        variants: ['lb-node'],
      },
      {
        name: 'every load-balancer node fails with it',
        patience: '4s',
        mustFail: [/^tor\d keeps /, /^tor\d still has /, 'every flow is answered again', 'no flow is silent for a second'],
        variants: ['other-node'],
      },
    ],
  },
  async ({ lab, step, expect, variant, control, timers, measure, tell }) => {
    const tors = lab.tors
    const vip = `${VIP}/32`
    const floatingIp = lab.floatingIp(FLOATING_IP)
    const isNextHop = variant === 'lb-node'

    await step('converge', async () => {
      for (const tor of tors) {
        for (const address of lab.plan.cluster.model.floatingIPs) await expect(tor).toHaveSession(address, { within: '60s' })
        for (const each of lab.vips) await expect(tor).toHaveRoute(each, { nextHops: lab.loadBalancerNodes, within: '60s' })
      }
      // A way that the core finds later takes flows away from where they were set up.
      const core = lab.router('core')
      await expect(core).toHaveRoute(vip, { nextHops: core.neighborRouters, within: '60s' })
      await expect(floatingIp).toBeHeldBy(lab.node(isNextHop ? 'node-04' : 'node-01'))
    })

    const client = lab.client('client')
    const udp = await client.probe({ vip: VIP, port: 80, protocol: 'udp', flows: 30, packetsPerSecond: 10 })
    const tcp = await client.probe({ vip: VIP, port: 80, protocol: 'tcp', flows: 12, packetsPerSecond: 5 })
    await expect(udp).toBeAnswered({ within: '10s', name: 'every UDP flow is answered at first' })
    await expect(tcp).toBeAnswered({ within: '10s', name: 'every TCP flow is answered at first' })
    const holder = floatingIp.holder
    const before = await udp.nodes()
    if (isNextHop) expect.that(`a flow goes through ${holder.name}`, before.includes(holder.name), `they go through ${shares(before)}`)

    const kept = tors.map((tor) => expect.always(tor).toKeepRoute(vip))
    const failed = await holder.powerOff()
    if (control?.startsWith('every load-balancer node'))
      for (const node of lab.loadBalancerNodes) if (node.name !== holder.name) await node.powerOff()

    // R17 and the policy: a lease expires at most one lease duration after its last renewal.
    const detection = timers.leaseDuration
    const holdTime = timers.holdTimeSeconds * SECOND
    const others = floatingIp.eligibleNodes.filter((node) => node.name !== holder.name)
    const moved = await expect(floatingIp).toMove({ since: failed, to: others, within: detection + 5 * SECOND })

    const back: Record<string, Micros> = {}
    const gone: Record<string, Micros> = {}
    await step('recover', async () => {
      for (const tor of tors) {
        // A router refuses the new holder until the old session has ended: by its hold time at the latest.
        const within = Math.max(detection, holdTime) + 30 * SECOND
        back[tor.name] = (await expect(tor).toReestablishSession(FLOATING_IP, { since: failed, within })).after
      }
      if (isNextHop)
        for (const tor of tors) {
          // max(lease detection + withdraw by the other floating IP's session, end of the old session, which still holds its paths)
          const within = Math.max(detection, holdTime) + 5 * SECOND
          gone[tor.name] = (await expect(tor).toLoseNextHop(vip, failed.node, { since: failed, within })).after
        }
      else
        for (const tor of tors)
          await expect(tor).toHaveRoute(vip, {
            nextHops: lab.loadBalancerNodes,
            within: '10s',
            name: `${tor.name} still has ${vip} via all nodes`,
          })
    })

    await expect(udp).toBeAnswered({ within: '5s', name: 'every flow is answered again' })
    const udpReport = await udp.stop()
    const tcpReport = await tcp.stop()

    const flows = udpReport.flows
    const lost = flows.map((flow) => flow.sent - flow.answered)
    const worst = flows.reduce((a, b) => (b.longestGap > a.longestGap ? b : a))
    if (!isNextHop)
      expect.that(
        'no flow is silent for a second',
        worst.longestGap < SECOND,
        `flow ${worst.flow} was silent for ${formatDuration(worst.longestGap)}`,
      )
    const fates = { survived: 0, reset: 0, stalled: 0 }
    for (const flow of tcpReport.flows) if (flow.fate !== undefined) fates[flow.fate]++

    measure('floating IP moved after, µs', moved.after)
    measure('session back after, µs', back)
    if (isNextHop) measure('dead next hop gone after, µs', gone)
    measure(
      'UDP flows',
      flows.map((flow) => ({
        port: flow.sourcePort,
        sent: flow.sent,
        lost: flow.sent - flow.answered,
        longestGap: flow.longestGap,
        nodes: flow.nodes,
      })),
    )
    measure('UDP worst flow', { port: worst.sourcePort, longestGap: worst.longestGap, nodes: worst.nodes })
    measure('UDP packets lost by the node that a flow went through', perNode(before, lost))
    measure('established TCP flows', fates)

    const unharmed = lost.filter((count) => count === 0).length
    tell(
      `${FLOATING_IP}  ${holder.name} → ${moved.to?.name ?? 'nobody'} after ${formatDuration(moved.after)} · session back at ${list(back)}${isNextHop ? ` · ${holder.address} gone at ${list(gone)}` : ''}`,
    )
    tell(
      `VIP ${VIP} ${kept.every((each) => each.holds) ? 'kept' : 'lost for a while'} at ${tors.map((tor) => tor.name).join(' and ')} · ${flows.length} UDP flows: ${unharmed} lost nothing, worst ${formatDuration(worst.longestGap)} (through ${worst.nodes[0] ?? 'nobody'}) · TCP: ${fates.survived} survived, ${fates.reset} reset, ${fates.stalled} stalled`,
    )
  },
)

function list(times: Readonly<Record<string, Micros>>): string {
  return Object.entries(times)
    .map(([name, time]) => `${name} after ${formatDuration(time)}`)
    .join(', ')
}

function perNode(nodes: readonly (string | undefined)[], lost: readonly number[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [flow, node] of nodes.entries()) sums[node ?? 'unknown'] = (sums[node ?? 'unknown'] ?? 0) + (lost[flow] ?? 0)
  return sums
}

function shares(nodes: readonly (string | undefined)[]): string {
  const counts = new Map<string, number>()
  for (const node of nodes) counts.set(node ?? 'nobody', (counts.get(node ?? 'nobody') ?? 0) + 1)
  return [...counts].map(([node, count]) => `${node} (${count})`).join(', ')
}
