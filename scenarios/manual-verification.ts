/**
 * The document's manual verification, step by step, before there is a cluster (R38–R43): the test program and its file are copied to a
 * control-plane node, the VIP is announced and reached from every other node, and everything is put back. The lab runs no agents, as the
 * document has none yet: else the node's own speaker would hold the sessions from its address, and the VIP would be local on every
 * control-plane node, so that a ping could succeed without the network.
 */
import { type Micros, type NodeHandle, scenario } from 'peerlab/scenario'

const PROGRAM = '/tmp/bgpadvertiser'
const CONFIG = '/tmp/bgpadvertiser.conf'
const SECOND: Micros = 1_000_000

const WRONG_AS = 'the file names an AS that the network does not expect'
const NO_ADDRESS = 'the VIP is not added to the interface'
const NO_CLEANUP = 'nobody cleans up'

scenario(
  'a control-plane node is verified by hand before the cluster is created',
  {
    topology: 'shared-peers',
    options: { agents: false, api: 'admin' },
    proves: ['R38', 'R39', 'R40', 'R42', 'R43'],
    controls: [
      {
        name: WRONG_AS,
        patience: '2s',
        mustFail: [
          /is Established$/,
          /is told of the VIP$/,
          /is kept alive$/,
          'the health answer is 200',
          /has a session with/,
          / has .* via /,
          'every other node reaches the VIP',
          /withdrawn/,
        ],
      },
      { name: NO_ADDRESS, mustFail: ['every other node reaches the VIP'] },
      {
        name: NO_CLEANUP,
        patience: '2s',
        mustFail: [/ ends$/, /withdrawn/, / has no /, 'the VIP is gone from the interface', 'the program has ended'],
      },
    ],
  },
  async ({ lab, step, expect, control, timers, now, measure, tell }) => {
    const { model } = lab.plan.cluster
    const node = lab.nodes.find((each) => each.roles.controlPlane)!
    const others = lab.nodes.filter((each) => each !== node)
    const vip = model.cpVip
    const route = `${vip}/32`
    const interfaceName = lab.plan.nodes.find((each) => each.name === node.name)!.interfaces[0]!.name
    const peers = model.cpPeers

    await step('get the test program and copy it to the node', async () => {
      await node.install('bgpadvertiser', PROGRAM)
      const asn = control === WRONG_AS ? model.localAsn + 1000 : model.localAsn
      const lines = [`localIP: ${node.address}`, `localASN: ${asn}`, 'peers:']
      await node.copy(CONFIG, `${[...lines, ...peers.flatMap((peer) => [`- peerIP: ${peer.ip}`, `  peerASN: ${peer.asn}`])].join('\n')}\n`)
    })

    const program = await step('run it', () => node.start(PROGRAM, '--config', CONFIG, '--advertise-ip', vip))
    const started = now()
    const up = await step('the BGP sessions are set up, and the VIP is announced', async () => {
      await expect(program).toSay(/main\.go:201\] BGP advertiser serving\.\.\.$/, { within: '10s', name: 'the program serves' })
      for (const { ip } of peers) {
        const established = `state changed Key=${ip} Topic=Peer new=BGP_FSM_ESTABLISHED old=BGP_FSM_OPENCONFIRM reason=open-msg-negotiated$`
        const told = `sent update Key=${ip} State=BGP_FSM_ESTABLISHED Topic=Peer .*nlri="\\[${route}\\]" withdrawals="\\[\\]"$`
        await expect(program).toSay(debug(established), { within: '30s', name: `the session with ${ip} is Established` })
        await expect(program).toSay(debug(told), { within: '30s', name: `${ip} is told of the VIP` })
      }
      const health = await node.httpGet('http://127.0.0.1:8080/')
      expect.that('the health answer is 200', health.status === 200, `it was ${health.status} ${health.body}`)
      const within = (timers.keepaliveSeconds + 5) * SECOND
      for (const { ip } of peers) {
        const keepalive = `sent Key=${ip} State=BGP_FSM_ESTABLISHED Topic=Peer data="&{{\\[\\] 19 4} `
        await expect(program).toSay(debug(keepalive), { within, name: `the session with ${ip} is kept alive` })
      }
      return now()
    })

    await step('the network administrator sees the session and the route', async () => {
      for (const tor of lab.tors) {
        await expect(tor).toHaveSession(node.address, { within: '5s' })
        await expect(tor).toHaveRoute(route, { nextHops: [node], within: '10s' })
      }
    })

    if (control !== NO_ADDRESS) await node.exec('ip', 'addr', 'add', route, 'dev', interfaceName)
    const pings = await step('ping the VIP from the other nodes', () => Promise.all(others.map((other) => ping(other, vip))))
    const silent = pings.filter((each) => !each.answered)
    const seen = silent.map((each) => `${each.from}: ${each.said}`).join('; ')
    expect.that('every other node reaches the VIP', silent.length === 0, seen)

    if (control !== NO_CLEANUP) {
      await node.exec('ip', 'addr', 'del', route, 'dev', interfaceName)
    }
    const stopped = control === NO_CLEANUP ? { at: now() } : await program.ctrlC()
    await step('clean up', async () => {
      await expect(program).toEnd({ within: '10s' })
      await expect(program).toSay(debug(`sent update .*withdrawals="\\[${route}\\]"$`), { within: '1s', name: 'the VIP is withdrawn' })
      for (const tor of lab.tors) await expect(tor).toHaveNoRoute(route, { within: '5s', ...(control !== WRONG_AS && { since: stopped }) })
      const address = await node.exec('ip', '-4', '-o', 'addr', 'show', 'to', route)
      expect.that('the VIP is gone from the interface', address.stdout === '', address.stdout)
      const processes = (await node.exec('ps', '-ef')).stdout.split('\n').filter((line) => line.includes('bgpadvertiser'))
      expect.that('the program has ended', processes.length === 0, processes.join('\n'))
    })

    measure('set up and announced after, µs', up - started)
    tell(
      `${node.name} announced ${vip} to ${lab.tors.map((tor) => tor.name).join(' and ')} · ${others.length} nodes reached it · nothing left on ${node.name}`,
    )
  },
)

/** A line of the program's log, as the document prints it. */
function debug(rest: string): RegExp {
  return new RegExp(`^DEBU\\[\\d{4}\\] ${rest}`)
}

async function ping(from: NodeHandle, address: string) {
  const { code, stdout } = await from.exec('ping', '-c', '2', '-i', '0.2', '-W', '1', address)
  return { from: from.name, answered: code === 0, said: stdout.split('\n').find((line) => line.includes('packet loss')) ?? stdout }
}
