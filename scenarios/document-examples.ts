/**
 * The document's three examples: each comes up, and the routers show exactly its sessions (R31, R32, R33), and no other with the cluster. Then its VIPs
 * are reached. Where each rack has its own ToR, sessions of floating IPs cross the core: multihop, from the address that the peer knows them by.
 */
import { type RouterHandle, type Scene, scenario } from 'peerlab/scenario'

/** Local addresses → the peer that they have a session with. */
type Sessions = readonly { readonly from: readonly string[]; readonly to: readonly string[] }[]

const FLOWS = 60
const CP_VIP = '10.0.0.8/32'

/** Its death is what a session of R31–R33 is missed by. */
const CONTROL = {
  name: "a control-plane node's speaker is dead",
  mustFail: [/^tor\d has exactly the document's sessions$/],
}

interface Example {
  readonly title: string
  readonly topology: string
  readonly proves: readonly string[]
  readonly sessions: Sessions
  /** Of the control: the node whose speaker dies must hold no floating IP, which would move. */
  readonly placement: Readonly<Record<string, string>>
}

const EXAMPLES: readonly Example[] = [
  {
    title: 'shared peers',
    topology: 'shared-peers',
    proves: ['R31'],
    placement: { '10.0.1.100': 'node-04' },
    sessions: [
      { from: ['10.0.1.10', '10.0.1.11', '10.0.2.10'], to: ['10.8.0.10', '10.8.0.11'] },
      { from: ['10.0.1.100', '10.0.2.100'], to: ['10.8.0.10', '10.8.0.11'] },
    ],
  },
  {
    title: 'peers per rack',
    topology: 'peers-per-rack',
    proves: ['R6', 'R12', 'R32'],
    placement: { '10.0.1.100': 'node-04' },
    sessions: [
      { from: ['10.0.1.10', '10.0.1.11'], to: ['10.0.1.254'] },
      { from: ['10.0.2.10'], to: ['10.0.2.254'] },
      { from: ['10.0.1.100', '10.0.2.100'], to: ['10.0.1.254', '10.0.2.254'] },
    ],
  },
  {
    title: 'split planes',
    topology: 'split-planes',
    proves: ['R33'],
    placement: {},
    sessions: [
      { from: ['10.0.1.10', '10.0.1.11'], to: ['10.0.1.254'] },
      { from: ['10.0.2.10'], to: ['10.0.2.254'] },
      { from: ['10.0.3.100', '10.0.3.101'], to: ['10.0.3.254'] },
    ],
  },
]

for (const { title, topology, proves, sessions, placement } of EXAMPLES) {
  const controls = [{ ...CONTROL, topology: { initialPlacement: placement } }]
  scenario(title, { topology, proves, controls }, async ({ lab, step, expect, control, measure, tell }) => {
    const pairs = sessions.flatMap(({ from, to }) => from.flatMap((local) => to.map((peer) => ({ local, peer }))))
    const peers = new Map(lab.tors.map((tor) => [tor.name, pairs.filter(({ peer }) => addressesOf(lab, tor).includes(peer))]))

    await step('converge', async () => {
      for (const tor of lab.tors) {
        const locals = (peers.get(tor.name) ?? []).map(({ local }) => local)
        for (const local of locals) await expect(tor).toHaveSession(local, { within: '60s' })
        const nextHops = locals.filter((local) => lab.plan.cluster.model.cpNodes.includes(local))
        if (nextHops.length > 0) await expect(tor).toHaveRoute(CP_VIP, { nextHops, within: '60s' })
      }
      for (const vip of lab.vips) await expect(lab.router('core')).toHaveRoute(vip, { within: '60s' })
    })

    if (control === CONTROL.name) {
      const node = lab.node('node-02')
      const killed = await node.killDaemon()
      for (const tor of lab.tors.filter((each) => peers.get(each.name)?.some(({ local }) => local === node.address)))
        await expect(tor).toLoseNextHop(CP_VIP, node, { since: killed, within: '15s' })
    }

    await step('look at every session', async () => {
      for (const tor of lab.tors) {
        const seen = (await lab.run.lab.tables.sessions(tor.name)).filter(
          (session) => session.peerAsn === lab.plan.cluster.model.localAsn && session.state === 'Established',
        )
        const has = seen.map((session) => `${session.peerAddress} → ${session.localAddress}`).sort()
        const wanted = (peers.get(tor.name) ?? []).map(({ local, peer }) => `${local} → ${peer}`).sort()
        // node-02 has no session with every ToR, so its death is not to be seen at every one.
        if (control === undefined || wanted.some((each) => !has.includes(each)))
          expect.that(`${tor.name} has exactly the document's sessions`, has.join() === wanted.join(), has.join(', '))
        measure(`sessions at ${tor.name}`, has)
      }
    })

    for (const vip of lab.vips) {
      const address = vip.replace('/32', '')
      const { answered } = await step(`send traffic to ${address}`, () => lab.client('client').fanOut({ vip: address, flows: FLOWS }))
      expect.that(`every flow to ${address} is answered`, answered === FLOWS, `${answered} of ${FLOWS} were`)
    }
    tell(`${pairs.length} sessions: ${lab.tors.map((tor) => `${peers.get(tor.name)?.length ?? 0} at ${tor.name}`).join(', ')}`)
  })
}

/** Where the cluster may peer with a router: its loopback and its addresses in racks. */
function addressesOf(lab: Scene, tor: RouterHandle): readonly string[] {
  const router = lab.plan.routers.find((each) => each.name === tor.name)
  const addresses = [...(router?.loopbacks ?? []), ...(router?.interfaces.flatMap((each) => each.addresses) ?? [])]
  return addresses.map((each) => each.slice(0, each.indexOf('/')))
}
