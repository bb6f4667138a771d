/**
 * The resource API at the control-plane VIP: every control-plane node serves and announces it, and the other nodes reach the API there (R4, R5, R15).
 * When one of them dies without a word, a third of all new connections go to it until the hold time ends. Leases are renewed over new connections
 * all the while, so no node is taken for dead and no floating IP moves. When only the API of a node is dead, its speaker goes on announcing
 * (the document says nothing else), and with `withdrawUnhealthy` it withdraws. Its own agent has no other API, so that node is not Ready.
 */
import { type Attempts, formatDuration, type Micros, type RouterHandle, scenario } from 'peerlab/scenario'

const SECOND: Micros = 1_000_000
const PLACES = { '10.0.1.100': 'node-04', '10.0.2.100': 'node-06' }
const TRIES = 40
const REFUSED = 'new connections to the dead API are refused, others are answered'
const WITHOUT = 'every connection is answered without it'

scenario(
  'a control-plane node is lost, and the API is not',
  {
    topology: 'shared-peers',
    options: { api: 'control-plane-vip', initialPlacement: PLACES },
    variants: [
      { name: 'silent', title: 'it loses power' },
      { name: 'silent-default-timers', title: 'it loses power, default timers', topology: { timers: 'default' }, slow: true },
      { name: 'api-dead', title: 'its API dies, and it goes on announcing' },
      { name: 'api-dead-withdrawn', title: 'its API dies, and it withdraws the VIP', topology: { withdrawUnhealthy: true } },
    ],
    proves: ['R4', 'R5', 'R15'],
    controls: [
      {
        name: 'the power stays on',
        variants: ['silent'],
        leaveOut: ['power-off'],
        patience: '3s',
        mustFail: [/loses next hop/, /is left with two$/, 'every API connection is answered by the two others', /^node-02 is not Ready/],
      },
      {
        name: 'the holder of a floating IP fails with it',
        variants: ['silent'],
        mustFail: ['10.0.1.100 stays at node-04', 'node-04 stays Ready'],
      },
      {
        name: 'the API lives on',
        variants: ['api-dead'],
        leaveOut: ['process-kill'],
        patience: '3s',
        mustFail: [REFUSED, /^node-02 is not Ready/],
      },
      {
        name: 'nothing withdraws it',
        variants: ['api-dead-withdrawn'],
        topology: { withdrawUnhealthy: false },
        patience: '2s',
        mustFail: [/loses next hop/, WITHOUT],
      },
    ],
  },
  async ({ lab, step, expect, variant, control, timers, measure, tell }) => {
    const { cpVip, cpPort } = lab.plan.cluster.model
    const vip = `${cpVip}/32`
    const controlPlane = lab.nodes.filter((node) => node.roles.controlPlane)
    const lost = lab.node('node-02')
    const others = controlPlane.filter((node) => node !== lost)
    const tors = lab.tors
    const api = { vip: cpVip, port: cpPort, protocol: 'tcp', attempts: TRIES } as const
    const client = lab.client('client')

    await step('converge', async () => {
      for (const tor of tors) {
        await expect(tor).toHaveRoute(vip, { nextHops: controlPlane, within: '60s' })
        for (const each of lab.vips) await expect(tor).toHaveRoute(each, { nextHops: lab.loadBalancerNodes, within: '60s' })
      }
      for (const node of lab.nodes) await expect(node).toBeReady({ within: '60s' })
    })
    for (const [address, node] of Object.entries(PLACES)) await expect(lab.floatingIp(address)).toBeHeldBy(lab.node(node))
    const before = await client.connect(api)
    expect.that('every API connection is answered at first', before.answered === TRIES, shown(before))

    for (const [address, node] of Object.entries(PLACES)) expect.always(lab.floatingIp(address)).toBeHeldBy(lab.node(node))
    for (const node of lab.nodes) if (node !== lost) expect.always(node).toBeReady()
    const stays = (tor: RouterHandle) => expect(tor).toKeepRoute(vip, { for: timers.leaseDuration })

    if (variant.startsWith('silent')) {
      const failed = await lost.powerOff()
      if (control?.startsWith('the holder')) await lab.node('node-04').powerOff()
      const holdTime = timers.holdTimeSeconds * SECOND
      await expect(lost).toBeNotReady({ since: failed, within: timers.leaseDuration + 2 * SECOND })
      const gone: string[] = []
      for (const tor of tors) {
        const { after } = await expect(tor).toLoseNextHop(vip, lost, { since: failed, within: holdTime + 5 * SECOND })
        gone.push(`${tor.name} after ${formatDuration(after)}`)
      }
      const after = await client.connect(api)
      const name = 'every API connection is answered by the two others'
      const left = await Promise.all(
        tors.map((tor) => expect(tor).toHaveRoute(vip, { nextHops: others, name: `${tor.name} is left with two` })),
      )
      expect.that(name, after.answered === TRIES && left.every((each) => each.holds), shown(after))
      await step('stay', () => Promise.all(tors.map(stays)))
      tell(`${lost.name} gone at ${gone.join(', ')} · all the while every other node kept its lease, and ${kept()}`)
      return
    }

    const killed = await lost.killDaemon('api')
    const revive = async () => {
      await lost.startDaemon('api')
      await expect(lost).toBeReady({ within: '5s', name: `${lost.name} is Ready again` })
    }
    if (variant === 'api-dead') {
      const tried = await client.connect(api)
      expect.that(REFUSED, tried.refused > 0 && tried.answered > 0 && tried.refused + tried.answered === TRIES, shown(tried))
      measure('API connections while one of three APIs is dead', tried)
      await expect(lost).toBeNotReady({ since: killed, within: timers.leaseDuration + 2 * SECOND })
      await step('stay', () => Promise.all(tors.map(stays)))
      await revive()
      tell(`${tried.refused} of ${TRIES} connections refused, at ${lost.name} · every other node kept its lease, and ${kept()}`)
      return
    }

    const gone: string[] = []
    for (const tor of tors) {
      const { after } = await expect(tor).toLoseNextHop(vip, lost, { since: killed, within: '5s' })
      gone.push(`${tor.name} after ${formatDuration(after)}`)
    }
    const tried = await client.connect(api)
    expect.that(WITHOUT, tried.answered === TRIES, shown(tried))
    for (const tor of tors) await expect(tor).toHaveSession(lost.address)
    await expect(lost).toBeNotReady({ since: killed, within: timers.leaseDuration + 2 * SECOND })
    await step('stay', () => Promise.all(tors.map(stays)))
    await revive()
    for (const tor of tors) await expect(tor).toHaveRoute(vip, { nextHops: controlPlane, within: '5s', name: `${tor.name} has it again` })
    tell(`${lost.name} withdrew the VIP: gone at ${gone.join(', ')}, its sessions stayed up · ${kept()}`)
  },
)

function shown(attempts: Attempts): string {
  return (['answered', 'refused', 'reset', 'unreachable', 'timeout'] as const)
    .filter((outcome) => attempts[outcome] > 0)
    .map((outcome) => `${attempts[outcome]} ${outcome}`)
    .join(', ')
}

function kept(): string {
  return `${Object.keys(PLACES).join(' and ')} stayed where they were`
}
