/**
 * What a Service's VIP answers (R20, R27): each port and protocol by its own backends and no others, from places that take different ways: a client
 * beyond the routers, load-balancer nodes (their own output; one is a backend itself), and a node that has to ask its gateway. A backend whose node
 * is lost, or that is edited away, takes no new connections; with the last one the VIP refuses, at once, and stays announced. A new VIP is announced
 * once its rules stand, so that its first connection is answered as every other. VIPs come from the pools, until there are none left.
 */
import { type Attempts, type Context, formatDuration, type Micros, type NodeHandle, scenario } from 'peerlab/scenario'

const SECOND: Micros = 1_000_000
/** All of them at one of two backends: once in eight million. */
const TRIES = 24
/** A kernel sends one address six ICMP errors in a row, and then one a second (net.ipv4.icmp_ratelimit). */
const REFUSALS = { tcp: 12, udp: 3 }

const STICKY = 'UDP flows are not forgotten'
const DROPPED = 'what has no backend is dropped'
const FREE = 'the fields may be'
/** A new VIP's first connections, so often in a row. */
const ROUNDS = 20
const NEW = '10.0.0.4'
const AT_ONCE = 'the first connections to a new VIP are answered'
const NO_EDIT = 'nothing is edited'
const REFUSED = /^default\/web (tcp|udp)\/80 is refused/
const SENDS = /^node-0[456] sends default\//

const STORIES: Readonly<Record<string, (context: Context, tools: Tools) => Promise<void>>> = { power, edited, addresses }

scenario(
  'a Service is answered by its backends, whichever there are',
  {
    topology: 'shared-peers',
    proves: ['R7', 'R20', 'R27'],
    options: { initialPlacement: { '10.0.1.100': 'node-01', '10.0.2.100': 'node-03' } },
    variants: [
      { name: 'power', title: 'their nodes lose power' },
      { name: 'edited', title: 'they are edited' },
      { name: 'addresses', title: 'as long as there are addresses for it' },
    ],
    controls: [
      {
        name: 'no node loses power',
        variants: ['power'],
        leaveOut: ['power-off', 'power-on'],
        patience: '2s',
        mustFail: [SENDS, /is answered by node-0[578] only/, 'TCP flows to the lost backend hang', REFUSED],
      },
      { name: STICKY, variants: ['power'], patience: '2s', mustFail: [/^UDP flows go on/] },
      { name: STICKY, variants: ['edited'], patience: '2s', mustFail: [/^UDP flows go to node-08/] },
      { name: DROPPED, mustFail: [REFUSED], variants: ['power', 'edited'] },
      {
        name: NO_EDIT,
        variants: ['edited'],
        leaveOut: ['edit'],
        patience: '2s',
        mustFail: [AT_ONCE, /has the new VIP$/, SENDS, /is answered by node-0[78] only/, REFUSED],
      },
      {
        name: 'no Service comes or goes',
        variants: ['addresses'],
        leaveOut: ['edit'],
        patience: '2s',
        mustFail: [SENDS, /^(fixed|late) has /, /^(tor\d|core) has it$/, 'late says that no address is left', / is answered by /],
      },
      { name: FREE, variants: ['addresses'], mustFail: [/^the API refuses /] },
    ],
  },
  async (context) => {
    const { lab, step, expect, variant, tell } = context
    const tools = new Tools(context)
    await step('converge', async () => {
      for (const vip of lab.vips) {
        for (const tor of lab.tors) await expect(tor).toHaveRoute(vip, { nextHops: lab.loadBalancerNodes, within: '60s' })
        // A way that the core finds later takes flows away from where they were set up.
        const core = lab.router('core')
        await expect(core).toHaveRoute(vip, { nextHops: core.neighborRouters, within: '60s' })
      }
      for (const node of lab.nodes) await expect(node).toBeReady({ within: '60s' })
    })
    for (const tor of lab.tors) for (const vip of lab.vips) expect.always(tor).toKeepRoute(vip)
    await STORIES[variant]!(context, tools)
    if (tools.slowest.tcp > 0)
      tell(`without a backend: TCP refused within ${formatDuration(tools.slowest.tcp)}, UDP within ${formatDuration(tools.slowest.udp)}`)
  },
)

interface Target {
  readonly name: string
  readonly vip: string
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly targetPort: number }[]
}

/** Traffic from these places, and what load-balancer nodes do with it. */
class Tools {
  readonly slowest = { tcp: 0, udp: 0 }
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  get #places() {
    const { lab } = this.#context
    return [lab.client('client'), lab.node('node-04'), lab.node('node-05'), lab.node('node-02')]
  }

  service(name: string): Target {
    return this.#context.lab.plan.cluster.services.find((each) => each.name === name)!
  }

  async answered({ name, vip, ports }: Target, backends: readonly NodeHandle[]): Promise<void> {
    const by = backends.map((node) => node.name)
    // Where flows are not forgotten, one in some hundred new ones has a port of an old one, and goes where that went.
    for (const { protocol, port, targetPort } of ports.filter((each) => each.protocol === 'tcp' || this.#context.control !== STICKY))
      await Promise.all(
        this.#places.map(async (from) => {
          const tried = await from.connect({ vip, port, protocol, attempts: TRIES })
          const wanted = by.map((node) => `${node} ${protocol}/${targetPort}`).join()
          const sentence = `default/${name} ${protocol}/${port} is answered by ${by.join(' and ')} only, from ${from.name}`
          this.#context.expect.that(sentence, tried.answered === TRIES && tried.backends.join() === wanted, shown(tried))
        }),
      )
  }

  async refused({ name, vip }: Target, protocol: 'tcp' | 'udp', port = 80): Promise<void> {
    const attempts = REFUSALS[protocol]
    await Promise.all(
      this.#places.map(async (from) => {
        const tried = await from.connect({ vip, port, protocol, attempts })
        const sentence = `default/${name} ${protocol}/${port} is refused, from ${from.name}`
        this.#context.expect.that(sentence, tried.refused === attempts, shown(tried))
        this.slowest[protocol] = Math.max(this.slowest[protocol], tried.slowest)
      }),
    )
  }

  /** Every load-balancer node sends a Service's new flows there; answers when the last one did. */
  async sent({ name }: Target, to: readonly NodeHandle[], since: { readonly at: Micros }, within: Micros = 5 * SECOND): Promise<Micros> {
    const { lab, expect } = this.#context
    const held = await Promise.all(lab.loadBalancerNodes.map((node) => expect(node).toSend(`default/${name}`, { to, since, within })))
    return Math.max(...held.map((each) => each.after))
  }

  /** For controls: on every load-balancer node. */
  async onBalancers(...command: readonly string[]): Promise<void> {
    for (const node of this.#context.lab.loadBalancerNodes) await node.exec(...command)
  }

  /** The kernel forgets no UDP flow without conntrack(8). */
  async keepFlows(): Promise<void> {
    if (this.#context.control === STICKY) await this.onBalancers('mv', '/usr/sbin/conntrack', '/usr/sbin/conntrack.away')
  }

  async dropNotRefuse({ vip }: Target): Promise<void> {
    if (this.#context.control === DROPPED)
      await this.onBalancers('nft', 'insert', 'rule', 'ip', 'peerlab', 'input', 'ip', 'daddr', vip, 'drop')
  }

  /** Long-running flows to a Service's port 80, all of them answered. */
  async flows({ vip }: Target, protocol: 'tcp' | 'udp') {
    const { lab, expect } = this.#context
    const probe = await lab.client('client').probe({ vip, port: 80, protocol, flows: 20, packetsPerSecond: 10 })
    await expect(probe).toBeAnswered({ within: '10s' })
    return probe
  }
}

async function power({ lab, step, expect, control, timers, measure, tell }: Context, tools: Tools): Promise<void> {
  const web = tools.service('web')
  /** One of its backends is node-05, itself a load-balancer node. */
  const shop = tools.service('shop')
  const [first, second, stays] = [lab.node('node-07'), lab.node('node-08'), lab.node('node-05')]
  const expiry = timers.leaseDuration + 5 * SECOND
  await step('every port by its own backends', async () => {
    await tools.answered(web, [first, second])
    await tools.answered(shop, [stays, second])
    // It has TCP port 80 only.
    await tools.refused(shop, 'udp')
  })
  await tools.keepFlows()
  const udp = await tools.flows(web, 'udp')
  const tcp = await tools.flows(web, 'tcp')

  const one = await second.powerOff()
  const noticed = await step('a backend is lost', async () => {
    const after = await tools.sent(web, [first], one, expiry)
    await tools.sent(shop, [stays], one, expiry)
    await tools.answered(web, [first])
    await tools.answered(shop, [stays])
    await expect(udp).toBeAnswered({ within: '10s', name: 'UDP flows go on at the other backend' })
    return after
  })
  const { flows } = await tcp.stop()
  const fates = (fate: 'survived' | 'reset' | 'stalled') => flows.filter((flow) => flow.fate === fate).length
  const told = `TCP: ${fates('survived')} survived, ${fates('reset')} reset, ${fates('stalled')} stalled`
  expect.that('TCP flows to the lost backend hang', fates('stalled') > 0, told)
  expect.that('TCP flows to the other backend live', fates('survived') > 0 && fates('reset') === 0, told)
  measure('from the loss of a backend until no node sends to it', noticed)

  // It would use up the ICMP errors that the client is to see.
  await udp.stop()

  const other = await first.powerOff()
  await step('the last backend is lost', async () => {
    await tools.sent(web, [], other, expiry)
    await tools.dropNotRefuse(web)
    await tools.refused(web, 'tcp')
    await tools.refused(web, 'udp')
    await tools.answered(shop, [stays])
  })
  // What was dropped is still tracked: who tries again from the same port would be refused after all.
  if (control === DROPPED) return

  const waiting = await lab.client('client').probe({ vip: web.vip, port: 80, protocol: 'udp', flows: 20, packetsPerSecond: 10 })
  const back = await second.powerOn()
  await step('a backend is back', async () => {
    await tools.sent(web, [second], back, 30 * SECOND)
    await tools.answered(web, [second])
    await expect(waiting).toBeAnswered({ within: '10s', name: 'UDP flows that were refused are answered' })
  })
  tell(`a lost backend is left out after ${formatDuration(noticed)} · ${told} · UDP flows went on with the others`)
}

/** One node takes its rules late, as a loaded machine does: it is the others' next hop only once it has them. */
async function firstConnections({ lab, expect, control }: Context, backends: readonly NodeHandle[]): Promise<string> {
  const slow = lab.node('node-05')
  const text = '#!/bin/sh\nsleep 0.3\nexec /usr/sbin/nft.own "$@"\n'
  await slow.exec('mv', '/usr/sbin/nft', '/usr/sbin/nft.own')
  await slow.copy('/usr/sbin/nft', text)
  await slow.exec('chmod', '755', '/usr/sbin/nft')
  const path = [...lab.tors, lab.router('core')]
  const outcomes: string[] = []
  let answered = 0
  for (let round = 1; round <= (control === NO_EDIT ? 1 : ROUNDS); round++) {
    await lab.cluster.apply(`
apiVersion: v1
kind: Service
metadata: { name: new, namespace: default }
spec:
  type: LoadBalancer
  loadBalancerIP: ${NEW}
  ports: [{ port: 80, targetPort: 8081 }]
  endpoints: [${backends.map((node) => node.address).join(', ')}]`)
    await Promise.all(
      path.map((router) => expect(router).toHaveRoute(`${NEW}/32`, { within: '10s', name: `${router.name} has the new VIP` })),
    )
    const tried = await lab.client('client').connect({ vip: NEW, port: 80, protocol: 'tcp', attempts: 6 })
    if (tried.answered === 6) answered++
    else outcomes.push(`${round}: ${shown(tried)}`)
    await lab.cluster.delete('Service', 'new')
    await Promise.all(path.map((router) => expect(router).toHaveNoRoute(`${NEW}/32`, { within: '10s' })))
  }
  expect.that(AT_ONCE, answered === ROUNDS, outcomes.join('; '))
  await slow.exec('mv', '/usr/sbin/nft.own', '/usr/sbin/nft')
  return `a new VIP’s first connections were answered ${answered} times in ${ROUNDS}`
}

async function edited(context: Context, tools: Tools): Promise<void> {
  const { lab, step, expect, timers, tell } = context
  const web = tools.service('web')
  const [first, second] = [lab.node('node-07'), lab.node('node-08')]
  const edit = (...backends: readonly NodeHandle[]) =>
    lab.cluster.edit('Service', 'web', { spec: { endpoints: backends.map((node) => node.address) } })
  const atOnce = await step('a new VIP', () => firstConnections(context, [first, second]))
  const tcp = await tools.flows(web, 'tcp')
  await tools.keepFlows()

  const none = await edit()
  await step('no backend', async () => {
    await tools.sent(web, [], none)
    await tools.dropNotRefuse(web)
    await tools.refused(web, 'tcp')
    await tools.refused(web, 'udp')
  })
  if (context.control === DROPPED) return
  const one = await edit(first)
  const udp = await step('one', async () => {
    await tools.sent(web, [first], one)
    await tools.answered(web, [first])
    return await tools.flows(web, 'udp')
  })
  const another = await edit(second)
  const after = await step('another', async () => {
    const sent = await tools.sent(web, [second], another)
    await tools.answered(web, [second])
    return sent
  })
  // Their backends live, so they stay where they are.
  const { flows } = await tcp.stop()
  const lived = flows.filter((flow) => flow.fate === 'survived').length
  expect.that('TCP flows that stood before the edits live', lived === flows.length, `${lived} of ${flows.length}`)

  // The first backend is heard no more: the UDP flows to it have moved, or are lost.
  await first.powerOff()
  await expect(lab.node('node-07')).toBeNotReady({ within: timers.leaseDuration + 10 * SECOND })
  await expect(udp).toBeAnswered({ within: '5s', name: 'UDP flows go to node-08 since the edit' })
  tell(`edits are followed by every node after ${formatDuration(after)} · ${lived} TCP flows lived through all of them`)
  tell(atOnce)
}

async function addresses({ lab, step, expect, control, tell }: Context, tools: Tools): Promise<void> {
  const { cluster } = lab
  const backends = [lab.node('node-07'), lab.node('node-08')]
  const ports = [{ protocol: 'tcp', port: 80, targetPort: 8081 }] as const
  const vip = '10.0.0.4'
  const apply = (name: string, more = '') =>
    cluster.apply(`
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec:
  type: LoadBalancer
  ports: [{ port: 80, targetPort: 8081 }]
  endpoints: [${backends.map((node) => node.address).join(', ')}]
  ${more}`)
  const serves = async (name: string, since: { readonly at: Micros }) => {
    await expect(cluster.resource('Service', name)).toShow(
      { status: { loadBalancer: { ingress: [{ ip: vip }] } } },
      { since, within: '5s', name: `${name} has ${vip}` },
    )
    await tools.sent({ name, vip, ports }, backends, since)
    for (const tor of lab.tors)
      await expect(tor).toHaveRoute(`${vip}/32`, { nextHops: lab.loadBalancerNodes, within: '10s', name: `${tor.name} has it` })
    await expect(lab.router('core')).toHaveRoute(`${vip}/32`, { within: '10s', name: 'core has it' })
    await tools.answered({ name, vip, ports }, backends)
  }
  await step('the last address, asked for by name', async () => serves('fixed', await apply('fixed', `loadBalancerIP: ${vip}`)))

  const late = await apply('late')
  const said = /every address of pool1 is in use/
  await expect(cluster.resource('Service', 'late')).toShow(
    {
      status: { loadBalancer: {}, conditions: [{ type: 'AddressAssigned', status: 'False', reason: 'PoolsExhausted', message: said }, {}] },
    },
    { since: late, within: '5s', name: 'late says that no address is left' },
  )
  const freed = await cluster.delete('Service', 'fixed')
  await step('it is free again', () => serves('late', freed))

  const unsupported = { externalTrafficPolicy: { externalTrafficPolicy: control === FREE ? 'Cluster' : 'Local' } }
  for (const [field, spec] of Object.entries(unsupported))
    await expect(cluster).toRefuse({ kind: 'Service', name: 'web', patch: { spec } }, { field: `spec.${field}` })
  tell(`${vip} by name, then for the Service that had waited for an address · externalTrafficPolicy: Local refused by name`)
}

function shown(attempts: Attempts): string {
  const outcomes = (['answered', 'refused', 'reset', 'unreachable', 'timeout'] as const).filter((outcome) => attempts[outcome] > 0)
  const counts = outcomes.map((outcome) => `${attempts[outcome]} ${outcome}`).join(', ')
  return `${counts}${attempts.backends.length === 0 ? '' : `, by ${attempts.backends.join(', ')}`}; the slowest took ${formatDuration(attempts.slowest)}`
}
