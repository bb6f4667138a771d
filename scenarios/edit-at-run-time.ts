/**
 * The cluster is edited while it runs (R30): a floating IP, a peer, a Service come and go. Whatever the edit is not about stays up, by each
 * router's own account: its sessions have been up since before the edit, and were set up no more often. What may not be edited is refused by its
 * field's name (R14), and a copy in the target cluster is overwritten. The cluster's resources say what is so all along (R35, R36, R37).
 */
import { type Context, type Edited, formatDuration, scenario } from 'peerlab/scenario'

const FIRST = '10.0.1.100'
const OTHER = '10.0.2.100'
const ADDED = '10.0.1.101'
const PLACES = { [FIRST]: 'node-04', [OTHER]: 'node-06' }
const [PEER1, PEER2] = ['10.8.0.10', '10.8.0.11'] as const
const NEW_VIP = '10.0.0.4'

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: late, namespace: default }
spec:
  type: LoadBalancer
  ports: [{ name: http, port: 80, targetPort: 8081 }]
  endpoints: [10.0.1.22, 10.0.2.22]
`

const RESET = 'a session that the edit is not about is reset'
const FREE = 'the fields may change'
const OWNERS = 'the edited document is the owner’s'

/** What an edit came to, in words. */
type Story = (context: Context, untouched: Untouched) => Promise<string>
/** Nothing else was set up anew since the edit. `but`: by router, whose sessions the edit was about. */
type Untouched = (since: Edited, but?: Readonly<Record<string, readonly string[]>>) => Promise<void>

const STORIES: Readonly<Record<string, Story>> = { 'floating-ip': floatingIp, peer, service, refused }

scenario(
  'what an edit is not about stays up',
  {
    topology: 'shared-peers',
    proves: ['R14', 'R18', 'R19', 'R30', 'R35', 'R36', 'R37'],
    options: { initialPlacement: PLACES, prepared: { floatingIPs: [ADDED] } },
    variants: [
      { name: 'floating-ip', title: 'a floating IP is added, and one removed' },
      { name: 'peer', title: 'a peer is removed, and added again' },
      { name: 'service', title: 'a Service is added, and removed' },
      { name: 'refused', title: 'an edit is refused, another overwritten' },
    ],
    controls: [
      { name: RESET, mustFail: ['tor1 has kept every other session'] },
      {
        name: 'the routers are not prepared for it',
        variants: ['floating-ip'],
        topology: { prepared: { floatingIPs: [] } },
        patience: '2s',
        mustFail: [/^tor\d has a session with 10\.0\.1\.101$/, /^tor\d hears of every VIP from 10\.0\.1\.101$/, /^\S+ says Established$/],
      },
      {
        name: 'nothing is edited',
        variants: ['peer'],
        leaveOut: ['edit'],
        patience: '2s',
        mustFail: [/^tor2 has no session with /, /^tor2 loses /, /is gone$/, /^tor2 sets the session with .* up again$/],
      },
      {
        name: 'nothing is edited',
        variants: ['service'],
        leaveOut: ['edit'],
        patience: '2s',
        mustFail: [
          /^the Service has /,
          /^its route /,
          /^\w+ has 10\.0\.0\.4\/32/,
          /^node-0\d sends default\/late/,
          'the new Service answers',
          /^a session says /,
        ],
      },
      { name: FREE, variants: ['refused'], mustFail: [/^the API refuses another spec\.loadBalancer/, 'the Cluster is as it was'] },
      { name: OWNERS, variants: ['refused'], patience: '2s', mustFail: ['the copy is overwritten'] },
    ],
  },
  async (context) => {
    const { lab, step, expect, variant, control, tell } = context
    await step('converge', async () => {
      for (const tor of lab.tors) {
        for (const address of [FIRST, OTHER]) await expect(tor).toHaveSession(address, { within: '60s' })
        for (const vip of lab.vips) await expect(tor).toHaveRoute(vip, { nextHops: lab.loadBalancerNodes, within: '60s' })
      }
      await expect(lab.cluster.resource('BGPLoadBalancer', 'bgplb')).toShow({ status: { sessions: 4, established: 4 } }, { within: '10s' })
      for (const [address, node] of Object.entries(PLACES)) await expect(lab.floatingIp(address)).toBeHeldBy(lab.node(node))
      // Routers count uptime in whole seconds: a session of before must be told apart from one that began with the edit.
      await Promise.all(lab.tors.map((tor) => expect(tor).toKeepRoute(lab.vips[0]!, { for: '2500ms' })))
    })
    // With the peer goes what it had heard.
    for (const tor of lab.tors)
      if (variant !== 'peer' || tor.name !== 'tor2') for (const vip of lab.vips) expect.always(tor).toKeepRoute(vip)

    const told = await STORIES[variant]!(context, async (since, but = {}) => {
      if (control === RESET) {
        const tor1 = lab.router('tor1')
        const reset = await tor1.resetSession(OTHER)
        await expect(tor1).toReestablishSession(OTHER, { since: reset, within: '20s' })
      }
      for (const tor of lab.tors)
        await expect(tor).toHaveKeptSessions({ since, but: but[tor.name] ?? [], name: `${tor.name} has kept every other session` })
    })
    tell(`${told} · every other session stayed up, by the routers' own uptime`)
  },
)

function peersOf(...addresses: readonly string[]) {
  return { spec: { peers: addresses.map((peerIP) => ({ peerIP, peerASN: 65002 })) } }
}

async function floatingIp({ lab, expect, measure }: Context, untouched: Untouched): Promise<string> {
  const { cluster, tors } = lab
  const added = await cluster.edit('AnthosNetworkGateway', 'default', { spec: { floatingIPs: [FIRST, ADDED, OTHER] } })
  await expect(lab.floatingIp(ADDED)).toBeHeld({ since: added, within: '5s' })
  const { holder } = lab.floatingIp(ADDED)
  await expect(cluster.resource('AnthosNetworkGateway', 'default')).toShow(
    { status: { floatingIPs: [{}, { address: ADDED, phase: 'Assigned', nodeName: holder.name, since: /^\d{4}-.*Z$/ }, {}] } },
    { within: '2s', name: `the gateway says who holds ${ADDED}` },
  )

  const removed = await cluster.edit('AnthosNetworkGateway', 'default', { spec: { floatingIPs: [ADDED, OTHER] } })
  const times: string[] = []
  for (const tor of tors) {
    await expect(tor).toHaveNoSession(FIRST, { since: removed, within: '5s' })
    const { after } = await expect(tor).toHaveSession(ADDED, { since: removed, within: '20s' })
    const name = `${tor.name} hears of every VIP from ${ADDED}`
    await expect(tor).toHearOf(lab.vips, { from: ADDED, nextHops: lab.loadBalancerNodes, within: '10s', name })
    times.push(`${tor.name} after ${formatDuration(after)}`)
  }
  for (const address of [PEER1, PEER2]) {
    const name = `${address}-${holder.name}`
    await expect(cluster.resource('BGPSession', name)).toShow(
      { spec: { floatingIP: ADDED, localIP: ADDED }, status: { state: 'Established', advertisedRoutes: lab.vips } },
      { within: '5s', name: `${name} says Established` },
    )
    await expect(cluster.resource('BGPSession', `${address}-node-04`)).toBeGone({ since: removed, within: '2s' })
  }
  const { stdout } = await lab.node('node-04').exec('ip', '-4', '-o', 'addr', 'show')
  expect.that(`${FIRST} is on no interface of node-04`, !stdout.includes(`${FIRST}/`), stdout)
  await untouched(added, { tor1: [FIRST], tor2: [FIRST] })
  measure('sessions of the new floating IP', times)
  return `${ADDED} at ${holder.name} as a spare, then in place of ${FIRST}: sessions at ${times.join(', ')}`
}

async function peer({ lab, expect, measure }: Context, untouched: Untouched): Promise<string> {
  const { cluster } = lab
  const tor2 = lab.router('tor2')
  const removed = await cluster.edit('BGPLoadBalancer', 'bgplb', peersOf(PEER1))
  for (const address of [FIRST, OTHER]) await expect(tor2).toHaveNoSession(address, { since: removed, within: '5s' })
  for (const vip of lab.vips)
    await expect(tor2).toHaveNoRoute(vip, { table: 'bgp', since: removed, within: '5s', name: `tor2 loses ${vip}` })
  for (const node of Object.values(PLACES))
    await expect(cluster.resource('BGPSession', `${PEER2}-${node}`)).toBeGone({ since: removed, within: '2s' })

  const again = await cluster.edit('BGPLoadBalancer', 'bgplb', peersOf(PEER1, PEER2))
  const times: string[] = []
  for (const address of [FIRST, OTHER]) {
    const { after } = await expect(tor2).toReestablishSession(address, { since: again, within: '30s' })
    times.push(`${address} after ${formatDuration(after)}`)
  }
  for (const vip of lab.vips) await expect(tor2).toHaveRoute(vip, { nextHops: lab.loadBalancerNodes, within: '10s' })
  await untouched(removed, { tor2: [FIRST, OTHER] })
  measure('sessions of the peer that came again', times)
  return `tor2 without service sessions, then again: ${times.join(', ')}`
}

async function service({ lab, expect, measure }: Context, untouched: Untouched): Promise<string> {
  const { cluster, tors, loadBalancerNodes } = lab
  const prefix = `${NEW_VIP}/32`
  const route = cluster.resource('BGPAdvertisedRoute', 'bgplb-default-late')
  const added = await cluster.apply(SERVICE)
  await expect(cluster.resource('Service', 'late')).toShow(
    { status: { loadBalancer: { ingress: [{ ip: NEW_VIP }] } } },
    { since: added, within: '2s', name: `the Service has ${NEW_VIP}` },
  )
  const nextHops = loadBalancerNodes.map((node) => node.address).sort()
  await expect(route).toShow({ spec: { prefix, nextHops } }, { since: added, within: '2s', name: 'its route lists every next hop' })
  const times: string[] = []
  for (const tor of tors) {
    const { after } = await expect(tor).toHaveRoute(prefix, { nextHops: loadBalancerNodes, since: added, within: '5s' })
    times.push(`${tor.name} after ${formatDuration(after)}`)
  }
  await expect(lab.router('core')).toHaveRoute(prefix, { since: added, within: '10s' })
  // A node may be announced before its rules stand.
  const to = [lab.node('node-07'), lab.node('node-08')]
  for (const node of loadBalancerNodes) await expect(node).toSend('default/late', { to, since: added, within: '10s' })
  const tried = await lab.client('client').connect({ vip: NEW_VIP, port: 80, protocol: 'tcp', attempts: 10 })
  expect.that('the new Service answers', tried.answered === 10, JSON.stringify(tried))
  const advertisedRoutes = [...lab.vips, prefix].sort()
  await expect(cluster.resource('BGPSession', `${PEER1}-node-06`)).toShow(
    { status: { advertisedRoutes } },
    { within: '2s', name: 'a session says that it announces it' },
  )

  await cluster.delete('Service', 'late')
  for (const tor of tors) await expect(tor).toHaveNoRoute(prefix, { within: '5s' })
  await expect(route).toBeGone({ within: '2s' })
  await untouched(added)
  measure('the new VIP', times)
  return `${NEW_VIP} announced at ${times.join(', ')}, and withdrawn again`
}

async function refused({ lab, expect, control, timers }: Context, untouched: Untouched): Promise<string> {
  const { cluster, tors } = lab
  const spec = async () => JSON.stringify((await cluster.read('Cluster', 'bm'))?.spec)
  const before = await spec()
  const frozen = {
    localASN: { localASN: 65009 },
    bgpPeers: { bgpPeers: [{ ip: PEER1, asn: 65002 }] },
    'vips.controlPlaneVIP': { vips: { controlPlaneVIP: '10.0.0.9' } },
    'ports.controlPlaneLBPort': { ports: { controlPlaneLBPort: 6443 } },
  }
  for (const [field, loadBalancer] of Object.entries(frozen)) {
    const patch = { spec: control === FREE ? { profile: 'edge' } : { loadBalancer } }
    await expect(cluster).toRefuse({ kind: 'Cluster', name: 'bm', patch }, { field: `spec.loadBalancer.${field}` })
  }
  const outside = { spec: { floatingIPs: [FIRST, '10.0.9.100'] } }
  await expect(cluster).toRefuse({ kind: 'AnthosNetworkGateway', name: 'default', patch: outside }, { field: 'spec.floatingIPs[1]' })
  expect.that('the Cluster is as it was', (await spec()) === before)

  const copy = cluster.resource('BGPLoadBalancer', 'bgplb', 'kube-system')
  const owners = { spec: { peers: [PEER1, PEER2].map((peerIP) => ({ peerIP, peerASN: 65002, sessions: 2 })) } }
  const edited =
    control === OWNERS
      ? await cluster.edit('BGPLoadBalancer', 'bgplb', owners)
      : await cluster.edit('BGPLoadBalancer', 'bgplb', peersOf(PEER1), copy.namespace)
  // The edit is one change of its spec, what overwrites it the next.
  const generation = (edited.object?.metadata.generation ?? 0) + 1
  const wanted = { metadata: { generation }, ...peersOf(PEER1, PEER2) }
  const { after } = await expect(copy).toShow(wanted, { since: edited, within: '2s', name: 'the copy is overwritten' })
  await Promise.all(tors.map((tor) => expect(tor).toKeepRoute(lab.vips[0]!, { for: timers.leaseRenewInterval })))
  await untouched(edited)
  return `five edits refused by their field · a copy overwritten after ${formatDuration(after)}`
}
