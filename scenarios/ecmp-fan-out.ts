/**
 * Every load-balancer node takes its share of the traffic, at each ToR (R10, R22). Totals over all ToRs can look perfect while each ToR uses one
 * node only, when core and ToRs hash alike: so each is looked at by itself.
 */
import { scenario } from 'peerlab/scenario'

const VIP = '10.0.0.1'
const FLOWS = 600

scenario(
  'every load-balancer node takes its share',
  {
    topology: 'shared-peers',
    proves: ['R10', 'R22'],
    controls: [
      {
        name: 'all devices hash with one seed',
        topology: { hashSeeds: false },
        mustFail: [/^flows use every next hop at /],
      },
    ],
  },
  async ({ lab, step, expect, measure, tell }) => {
    const nodes = lab.loadBalancerNodes
    await step('converge', async () => {
      for (const tor of lab.tors) await expect(tor).toHaveRoute(`${VIP}/32`, { nextHops: nodes, within: '60s' })
      const core = lab.router('core')
      await expect(core).toHaveRoute(`${VIP}/32`, { nextHops: core.neighborRouters, within: '60s' })
    })

    const result = await step('fan out', () => lab.client('client').fanOut({ vip: VIP, port: 80, flows: FLOWS }))
    expect.that('every flow is answered', result.answered === FLOWS, `${result.answered} of ${FLOWS} were`)
    const told: string[] = []
    for (const tor of lab.tors) {
      const byNode = result.byRouter[tor.name] ?? {}
      const counts = nodes.map((node) => byNode[node.name] ?? 0)
      const total = counts.reduce((a, b) => a + b, 0)
      const shares = counts.map((count) => (total === 0 ? 0 : Math.round((100 * count) / total)))
      const seen = nodes.map((node, index) => `${node.name} ${counts[index]}`).join(', ')
      expect.that(
        `flows use every next hop at ${tor.name}`,
        counts.every((count) => count > 0),
        `of ${total} flows there: ${seen}`,
      )
      measure(`flows by node at ${tor.name}`, byNode)
      told.push(`${tor.name} ${shares.join('/')} %`)
    }
    tell(`${told.join('  ')} of ${FLOWS} flows`)
  },
)
