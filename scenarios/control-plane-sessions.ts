/**
 * The control plane's sessions are lost while its nodes, its API and every link live (R4, R8). At one ToR: what its rack sends to the CP VIP takes the
 * way round, by the default from the core, and nobody notices. Where there is no way round, the nodes behind that ToR cannot renew their leases: they
 * are taken for dead, and their floating IP goes to a node that still has the API. The old holder lives and cannot read that: it
 * gives the address up once the way is back, and until then there are two holders. Everywhere: all who need the VIP fall silent together,
 * so nothing is moved, and whatever the agents have set up stays.
 */
import { type Context, formatDuration, type Injected, type Micros, type NodeHandle, type RouterHandle, scenario } from 'peerlab/scenario'

const SECOND: Micros = 1_000_000
const FIP = '10.0.1.100'
const OTHER = '10.0.2.100'
const PLACES = { [FIP]: 'node-04', [OTHER]: 'node-06' }
const VIP = '10.0.0.1/32'
const TRIES = 20

const CLOSED = 'there is no way round'
const OPEN = 'there is a way round'
const KEPT = 'no session is lost'

const STORIES: Readonly<Record<string, (context: Context, cut: Cut) => Promise<void>>> = {
  'one-tor': oneTor,
  'no-way-round': noWayRound,
  everywhere,
}

/** Cuts a ToR's control-plane sessions off; with `closed`, also its way round to the CP VIP. */
type Cut = (tor: RouterHandle, closed?: boolean) => Promise<{ readonly at: Micros; heal(): Promise<void> }>

scenario(
  'the control plane’s sessions are lost',
  {
    topology: 'shared-peers',
    proves: ['R4', 'R8'],
    options: { api: 'control-plane-vip', initialPlacement: PLACES },
    variants: [
      { name: 'one-tor', title: 'at one ToR, which has another way to the API' },
      { name: 'no-way-round', title: 'at one ToR, which has none' },
      { name: 'everywhere', title: 'at every ToR' },
    ],
    controls: [
      {
        name: CLOSED,
        variants: ['one-tor'],
        mustFail: [/^node-0[457] stays Ready$/, `${FIP} stays at node-04`, 'the API answers a node behind tor1'],
      },
      {
        name: OPEN,
        variants: ['no-way-round'],
        patience: '5s',
        mustFail: [
          /^node-0[457] is not Ready$/,
          `${FIP} moves`,
          /^tor\d has the session again$/,
          /^tor\d loses next hop /,
          /^node-04 gives .* up$/,
        ],
      },
      {
        name: KEPT,
        leaveOut: ['session-reset'],
        variants: ['everywhere'],
        patience: '2s',
        mustFail: [/^tor\d has no way to the CP VIP$/, 'the API answers no node that needs the VIP', 'their leases are renewed no more'],
      },
    ],
  },
  async (context) => {
    const { lab, step, expect, control, variant } = context
    const { cpVip } = lab.plan.cluster.model
    const controlPlane = lab.nodes.filter((node) => node.roles.controlPlane)
    await step('converge', async () => {
      for (const tor of lab.tors) {
        await expect(tor).toHaveRoute(`${cpVip}/32`, { nextHops: controlPlane, within: '60s' })
        for (const each of lab.vips) await expect(tor).toHaveRoute(each, { nextHops: lab.loadBalancerNodes, within: '60s' })
        for (const address of Object.keys(PLACES)) await expect(tor).toHaveSession(address, { within: '60s' })
      }
      for (const node of lab.nodes) await expect(node).toBeReady({ within: '60s' })
    })
    for (const [address, node] of Object.entries(PLACES)) await expect(lab.floatingIp(address)).toBeHeldBy(lab.node(node))
    for (const tor of lab.tors) expect.always(tor).toKeepRoute(VIP)

    await STORIES[variant]!(context, async (tor, closed = false) => {
      const drops = [
        `table ip cut {`,
        `  chain input { type filter hook input priority 0; ip saddr { ${controlPlane.map((node) => node.address).join(', ')} } tcp dport 179 drop; }`,
        `  chain forward { type filter hook forward priority 0; ${closed ? `ip daddr ${cpVip} oifname "core" drop;` : ''} }`,
        '}',
      ]
      if (control !== KEPT) {
        await tor.copy('/tmp/cut.nft', `${drops.join('\n')}\n`)
        const { code, stderr } = await tor.exec('nft', '-f', '/tmp/cut.nft')
        if (code !== 0) throw new Error(`${tor.name}: ${stderr}`)
      }
      let last: Injected | undefined
      for (const node of controlPlane) last = await tor.resetSession(node.address)
      const heal = async () => void (await tor.exec('nft', 'delete', 'table', 'ip', 'cut'))
      return { at: last!.at, heal }
    })
  },
)

/** The nodes that have the API at the VIP only, by way of this ToR: the gateway of their rack. */
function behind({ lab }: Context, tor: RouterHandle): NodeHandle[] {
  const { routers, nodes } = lab.plan
  const priority = (name: string, rack: string) =>
    routers.find((router) => router.name === name)?.vrrp.find((each) => each.interface === rack)?.priority ?? 0
  const gateway = (rack: string) => routers.map((router) => router.name).sort((a, b) => priority(b, rack) - priority(a, rack))[0]
  return nodes.filter((node) => !node.roles.controlPlane && gateway(node.segment) === tor.name).map((node) => lab.node(node.name))
}

async function tried(
  { lab }: Context,
  from: NodeHandle,
): Promise<{ readonly answered: boolean; readonly refused: boolean; readonly seen: string }> {
  const { cpVip, cpPort } = lab.plan.cluster.model
  const attempts = await from.connect({ vip: cpVip, port: cpPort, protocol: 'tcp', attempts: TRIES })
  return { answered: attempts.answered === TRIES, refused: attempts.answered === 0, seen: `${attempts.answered} of ${TRIES} answered` }
}

async function oneTor(context: Context, cut: Cut): Promise<void> {
  const { lab, expect, control, timers, tell } = context
  const tor = lab.router('tor1')
  for (const [address, node] of Object.entries(PLACES)) expect.always(lab.floatingIp(address)).toBeHeldBy(lab.node(node))
  const hit = behind(context, tor)
  for (const node of hit) expect.always(node).toBeReady()
  const { cpVip } = lab.plan.cluster.model
  const since = await cut(tor, control === CLOSED)
  await expect(tor).toHaveNoRoute(`${cpVip}/32`, { within: '5s' })
  // Until the core has heard of it, it sends half of what comes from there back: a loop.
  const way = lab.plan.routers.find((router) => router.name === 'tor2')!.interfaces.find((each) => each.name === 'core')!
  await expect(lab.router('core')).toHaveRoute(`${cpVip}/32`, { nextHops: [way.addresses[0]!.split('/')[0]!], within: '10s' })
  const now = await tried(context, hit[0]!)
  expect.that(`the API answers a node behind ${tor.name}`, now.answered, now.seen)
  await expect(lab.router('tor2')).toKeepRoute(`${cpVip}/32`, { for: 2 * timers.leaseDuration })
  tell(`${hit.map((node) => node.name).join(', ')} reach the API by way of the core: ${now.seen}, every lease kept`)
  await since.heal()
}

async function noWayRound(context: Context, cut: Cut): Promise<void> {
  const { lab, expect, control, timers, tell, now } = context
  const tor = lab.router('tor1')
  const hit = behind(context, tor)
  const old = lab.node(PLACES[FIP]!)
  const { eligibleNodes } = lab.floatingIp(FIP)
  expect.always(lab.floatingIp(OTHER)).toBeHeldBy(lab.node(PLACES[OTHER]!))
  const since = await cut(tor, control !== OPEN)
  const within = timers.leaseDuration + 10 * SECOND
  for (const node of hit) await expect(node).toBeNotReady({ since, within })
  // Perhaps by way of another node behind it, whose lease ends a moment later.
  const to = eligibleNodes.filter((node) => !hit.includes(node))
  const moved = await expect(lab.floatingIp(FIP)).toMove({ since, to, within })
  // The old holder's session, and the paths that it holds, live until the ToR's next keepalive meets the new holder, or the hold time ends.
  const later = within + timers.holdTimeSeconds * SECOND
  for (const each of lab.tors) {
    for (const node of hit.filter((one) => one.roles.loadBalancer)) await expect(each).toLoseNextHop(VIP, node, { since, within: later })
    await expect(each).toReestablishSession(FIP, { since, within: later + 10 * SECOND, name: `${each.name} has the session again` })
  }

  const healing = now()
  await since.heal()
  const gave = await expect(lab.floatingIp(FIP)).toBeGivenUpBy(old, {
    since,
    within: healing - since.at + timers.leaseDuration + 30 * SECOND,
  })
  // Acknowledgements find no way either, so its watch stands still after a packet.
  expect.that(`${old.name} reads of it only when the way is back`, gave.at > healing, `${formatDuration(healing - gave.at)} before`)
  for (const node of hit) await expect(node).toBeReady({ within: '30s' })
  for (const each of lab.tors) await expect(each).toHaveRoute(VIP, { nextHops: lab.loadBalancerNodes, within: '30s' })
  for (const each of lab.tors) await expect(each).toHaveSession(FIP, { within: '30s' })
  if (moved.to !== undefined) await expect(lab.floatingIp(FIP)).toBeHeldBy(moved.to)
  const names = hit.map((node) => node.name).join(', ')
  tell(`${names} could not renew: ${FIP} to ${moved.to?.name} after ${formatDuration(moved.after)}`)
  tell(`two nodes had it until the way was back: ${old.name} gave it up ${formatDuration(gave.at - moved.at)} after the move`)
}

async function everywhere(context: Context, cut: Cut): Promise<void> {
  const { lab, expect, timers, tell } = context
  const { cpVip } = lab.plan.cluster.model
  const hit = lab.nodes.filter((node) => !node.roles.controlPlane)
  for (const [address, node] of Object.entries(PLACES)) expect.always(lab.floatingIp(address)).toBeHeldBy(lab.node(node))
  for (const node of lab.nodes) expect.always(node).toBeReady()
  for (const tor of lab.tors) for (const address of Object.keys(PLACES)) expect.always(tor).toKeepSession(address)
  const renewed = () =>
    Promise.all(hit.map(async (node) => JSON.stringify((await lab.cluster.read('Lease', node.name, 'kube-node-lease'))?.spec)))

  const cuts = [await cut(lab.router('tor1')), await cut(lab.router('tor2'))]
  for (const tor of lab.tors) await expect(tor).toHaveNoRoute(`${cpVip}/32`, { within: '5s', name: `${tor.name} has no way to the CP VIP` })
  const now = await Promise.all(hit.map((node) => tried(context, node)))
  expect.that(
    'the API answers no node that needs the VIP',
    now.every((each) => each.refused),
    now.map((each) => each.seen).join('; '),
  )
  const before = await renewed()
  await expect(lab.router('tor1')).toKeepRoute(VIP, { for: timers.leaseDuration + 2 * SECOND })
  const after = await renewed()
  expect.that('their leases are renewed no more', before.join() === after.join())

  for (const each of cuts) await each.heal()
  for (const tor of lab.tors)
    await expect(tor).toHaveRoute(`${cpVip}/32`, { nextHops: lab.nodes.filter((node) => node.roles.controlPlane), within: '60s' })
  for (const node of hit) {
    const { answered, seen } = await tried(context, node)
    expect.that(`the API answers ${node.name} again`, answered, seen)
  }
  tell(`${hit.length} of ${lab.nodes.length} nodes fell silent together: every floating IP, session and VIP stayed`)
}
