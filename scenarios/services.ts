/**
 * What a Service's VIP answers (R20, R27): each port and protocol by its own backends and no others, from everywhere, for the three kinds of
 * places take three ways: a client beyond the routers, a load-balancer node (its own output), and a node that has to ask its gateway. A backend
 * whose node is lost takes no new connections; the last one's loss makes the VIP refuse, at once, where it stays announced.
 */
import { type Attempts, formatDuration, type Micros, type NodeHandle, scenario } from 'peerlab/scenario'

const SECOND: Micros = 1_000_000
/** All of them at one of two backends: once in eight million. */
const TRIES = 24
/** A kernel sends one address six ICMP errors in a row, and then one a second (net.ipv4.icmp_ratelimit). */
const REFUSALS = { tcp: 12, udp: 3 }
const HEARD = /^UDP flows go on/
const REFUSED = /^default\/web (tcp|udp)\/80 is refused/

scenario(
  'a Service is answered by its backends, whichever there are',
  {
    topology: 'shared-peers',
    proves: ['R20', 'R27'],
    options: { initialPlacement: { '10.0.1.100': 'node-01', '10.0.2.100': 'node-03' } },
    controls: [
      {
        name: 'no node loses power',
        leaveOut: ['power-off', 'power-on'],
        patience: '2s',
        mustFail: [
          /^node-0[456] sends default\/(web|shop) to (node-07|node-05|no backend|node-08)$/,
          /is answered by node-0[578] only/,
          'TCP flows to the lost backend hang',
          REFUSED,
        ],
      },
      { name: 'UDP flows are not forgotten', patience: '2s', mustFail: [HEARD] },
      { name: 'what has no backend is dropped', mustFail: [REFUSED] },
    ],
  },
  async ({ lab, step, expect, control, timers, measure, tell }) => {
    const [web, shop] = ['web', 'shop'].map((name) => lab.plan.cluster.services.find((each) => each.name === name)!)
    const client = lab.client('client')
    const balancers = lab.loadBalancerNodes
    const [first, second] = [lab.node('node-07'), lab.node('node-08')]
    /** Its own backends: node-05, itself a load-balancer node, and node-08. */
    const stays = lab.node('node-05')
    const places = [client, lab.node('node-04'), lab.node('node-02')]
    const expiry = timers.leaseDuration + 5 * SECOND

    const answered = async (service: typeof web, backends: readonly NodeHandle[]) => {
      const { namespace, name, vip, ports } = service!
      const by = backends.map((node) => node.name)
      for (const { protocol, port, targetPort } of ports)
        await Promise.all(
          places.map(async (from) => {
            const tried = await from.connect({ vip, port, protocol, attempts: TRIES })
            const wanted = by.map((node) => `${node} ${protocol}/${targetPort}`).join()
            const sentence = `${namespace}/${name} ${protocol}/${port} is answered by ${by.join(' and ')} only, from ${from.name}`
            expect.that(sentence, tried.answered === TRIES && tried.backends.join() === wanted, shown(tried))
          }),
        )
    }
    const slowest = { tcp: 0, udp: 0 }
    const refused = async (what: string, vip: string, port: number, protocol: 'tcp' | 'udp') => {
      const attempts = REFUSALS[protocol]
      await Promise.all(
        places.map(async (from) => {
          const tried = await from.connect({ vip, port, protocol, attempts })
          expect.that(`${what} ${protocol}/${port} is refused, from ${from.name}`, tried.refused === attempts, shown(tried))
          slowest[protocol] = Math.max(slowest[protocol], tried.slowest)
        }),
      )
    }
    const sent = (service: string, to: readonly NodeHandle[], since: { readonly at: Micros }, within: Micros) =>
      Promise.all(balancers.map((node) => expect(node).toSend(service, { to, since, within })))

    await step('converge', async () => {
      for (const { vip } of [web!, shop!]) {
        for (const tor of lab.tors) await expect(tor).toHaveRoute(`${vip}/32`, { nextHops: balancers, within: '60s' })
        await expect(lab.router('core')).toHaveRoute(`${vip}/32`, { within: '60s' })
      }
      for (const node of lab.nodes) await expect(node).toBeReady({ within: '60s' })
    })
    for (const tor of lab.tors) for (const { vip } of [web!, shop!]) expect.always(tor).toKeepRoute(`${vip}/32`)

    await step('every port by its own backends', async () => {
      await answered(web, [first, second])
      await answered(shop, [stays, second])
      await refused('default/shop, which has none,', shop!.vip, 80, 'udp')
    })

    if (control === 'UDP flows are not forgotten')
      for (const node of balancers) await node.exec('mv', '/usr/sbin/conntrack', '/usr/sbin/conntrack.away')
    const flows = { vip: web!.vip, port: 80, flows: 20, packetsPerSecond: 10 }
    const udp = await client.probe({ ...flows, protocol: 'udp' })
    const tcp = await client.probe({ ...flows, protocol: 'tcp' })
    await expect(udp).toBeAnswered({ within: '10s' })
    await expect(tcp).toBeAnswered({ within: '10s' })

    const one = await second.powerOff()
    const noticed = await step('a backend is lost', async () => {
      const moments = await sent('default/web', [first], one, expiry)
      await sent('default/shop', [stays], one, expiry)
      await answered(web, [first])
      await answered(shop, [stays])
      await expect(udp).toBeAnswered({ within: '10s', name: 'UDP flows go on at the other backend' })
      return Math.max(...moments.map((each) => each.after))
    })
    const { flows: held } = await tcp.stop()
    const fates = (fate: 'survived' | 'reset' | 'stalled') => held.filter((flow) => flow.fate === fate).length
    const told = `TCP: ${fates('survived')} survived, ${fates('reset')} reset, ${fates('stalled')} stalled`
    expect.that('TCP flows to the lost backend hang', fates('stalled') > 0 && fates('reset') === 0, told)
    expect.that('TCP flows to the other backend live', fates('survived') > 0, told)
    measure('from the loss of a backend until no node sends to it', noticed)

    const other = await first.powerOff()
    await step('the last backend is lost', async () => {
      await sent('default/web', [], other, expiry)
      if (control === 'what has no backend is dropped')
        for (const node of balancers) await node.exec('nft', 'insert', 'rule', 'ip', 'peerlab', 'input', 'ip', 'daddr', web!.vip, 'drop')
      await refused('default/web', web!.vip, 80, 'tcp')
      await refused('default/web', web!.vip, 80, 'udp')
      await answered(shop, [stays])
    })

    const back = await second.powerOn()
    await step('a backend is back', async () => {
      await sent('default/web', [second], back, 30 * SECOND)
      await answered(web, [second])
      await expect(udp).toBeAnswered({ within: '10s', name: 'UDP flows go on at the backend that came back' })
    })
    const gap = Math.max(...(await udp.stop()).flows.map((flow) => flow.longestGap))
    measure('longest refusal of a connection', slowest)
    tell(`a lost backend is left out after ${formatDuration(noticed)} · ${told} · UDP flows went on, worst ${formatDuration(gap)}`)
    tell(`without a backend: TCP refused within ${formatDuration(slowest.tcp)}, UDP within ${formatDuration(slowest.udp)}`)
  },
)

function shown(attempts: Attempts): string {
  const outcomes = (['answered', 'refused', 'reset', 'unreachable', 'timeout'] as const).filter((outcome) => attempts[outcome] > 0)
  const counts = outcomes.map((outcome) => `${attempts[outcome]} ${outcome}`).join(', ')
  return `${counts}${attempts.backends.length === 0 ? '' : `, by ${attempts.backends.join(', ')}`}; the slowest took ${formatDuration(attempts.slowest)}`
}
