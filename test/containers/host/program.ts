/**
 * Runs in a container as a cluster node's main process: makes two neighbours out of namespaces, drives the real Host port through a
 * node's life, and prints what it saw, one JSON object a line (`{ step, … }`). The test reads that.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { MILLISECOND, SECOND } from '../../../src/model/index.ts'
import type { HostEvent, HostState } from '../../../src/world/index.ts'
import { createRealWorld } from '../../../src/world/real/index.ts'

const node = process.execPath
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' })
const say = (step: string, seen: object): void => console.log(JSON.stringify({ step, ...seen }))

/** Answers every connection with its own name and the address that it saw the caller as. */
const BACKEND = `require('node:net').createServer((socket) => socket.end(process.argv[1] + ' ' + socket.remoteAddress)).listen(8080, '0.0.0.0', () => console.log('up'))
require('node:net').createServer(() => {}).listen(8081, '0.0.0.0')
const udp = require('node:dgram').createSocket('udp4')
udp.on('message', (message, from) => udp.send(process.argv[1], from.port, from.address)).bind(8054)`
/** One UDP flow: sends a datagram for each line that it is given, always from the same port, and prints what came of it. */
const FLOW = `
const socket = require('node:dgram').createSocket('udp4')
let patience
const told = (text) => { clearTimeout(patience); console.log(text) }
socket.on('message', (message) => told(message.toString())).on('error', (error) => told(error.code))
socket.connect(53, process.argv[1], () => process.stdin.on('data', () => {
  patience = setTimeout(() => told('TIMEOUT'), 3000)
  socket.send('?')
}))`
/** Connects so many times in turn and prints the answers or error codes. */
const CALLER = `
import { connect } from 'node:net'
const [, address, port, times] = process.argv
const once = () => new Promise((done) => {
  let text = ''
  const socket = connect({ host: address, port })
  socket.setTimeout(3000, () => { done('TIMEOUT'); socket.destroy() })
  socket.on('data', (data) => { text += data }).on('error', (error) => done(error.code)).on('end', () => done(text))
})
const answers = []
for (let i = 0; i < times; i++) answers.push(await once())
console.log(JSON.stringify(answers))`

function neighbour(name: string, rack: string, subnet: string): void {
  ip('netns', 'add', name)
  ip('link', 'add', rack, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', name)
  ip('address', 'add', `${subnet}.10/24`, 'dev', rack)
  ip('link', 'set', rack, 'up')
  ip('-n', name, 'address', 'add', `${subnet}.20/24`, 'dev', 'uplink')
  ip('-n', name, 'link', 'set', 'uplink', 'up')
  ip('-n', name, 'link', 'set', 'lo', 'up')
  ip('-n', name, 'route', 'add', 'default', 'via', `${subnet}.10`)
}

const inside = (name: string): string[] => (name === '' ? [] : ['ip', 'netns', 'exec', name])

async function backend(name: string): Promise<void> {
  const [command = '', ...args] = [...inside(name), node, '-e', BACKEND, name]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((done) => child.stdout.once('data', done))
}

/** Calls from a namespace (`''`: from the node itself). */
function call(from: string, address: string, port: number, times = 1): Promise<string[]> {
  const [command = '', ...args] = [...inside(from), node, '--input-type=module', '-e', CALLER, address, String(port), String(times)]
  return new Promise((done, fail) =>
    execFile(command, args, (error, stdout) => (error ? fail(error) : done(JSON.parse(stdout) as string[]))),
  )
}

/** A UDP flow from a namespace; `send` answers what came of the next datagram. */
function udpFlow(from: string, address: string): { send(): Promise<string>; end(): void } {
  const [command = '', ...args] = [...inside(from), node, '-e', FLOW, address]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  return {
    send: () =>
      new Promise((done) => {
        child.stdout.once('data', (data) => done(String(data).trim()))
        child.stdin.write('?')
      }),
    end: () => void child.kill(),
  }
}

function ping(from: string, address: string): Promise<boolean> {
  const [command = '', ...args] = [...inside(from), 'ping', '-c', '1', '-W', '2', address]
  return new Promise((done) => execFile(command, args, (error) => done(error === null)))
}

/** What the kernel has, past our own reading of it. */
function kernel(): object {
  const addresses = (
    JSON.parse(ip('-j', '-4', 'address', 'show')) as { ifname: string; addr_info: { local: string; prefixlen: number }[] }[]
  )
    .filter(({ ifname }) => ifname !== 'lo')
    .flatMap(({ ifname, addr_info }) => addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen} ${ifname}`))
  const local = ip('route', 'show', 'table', 'local', 'proto', '187').trim().split('\n').filter(Boolean)
  const rules = execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /dnat to|dnat ip to|reject/.test(line))
  return { addresses: addresses.sort(), local: local.map((line) => line.split(' ')[1]).sort(), rules: rules.length }
}

neighbour('east', 'rack1', '10.0.1')
neighbour('west', 'rack2', '10.0.2')
await Promise.all([backend('east'), backend('west')])
// What the machine has of its own, and what an agent that was killed has left.
ip('address', 'add', '10.0.1.55/24', 'dev', 'rack1')
ip('address', 'add', '10.0.1.99/32', 'dev', 'rack1', 'label', 'rack1:pl')
ip('route', 'add', 'local', '10.0.0.9/32', 'dev', 'lo', 'table', 'local', 'proto', '187')

const events: unknown[] = []
const world = createRealWorld({
  name: 'node-01',
  emit: ({ at, ...event }) => void events.push(event),
})
const apply = (state: HostState): Promise<HostEvent> => new Promise((done) => world.host.apply(state, done))
say('interfaces', { interfaces: world.host.interfaces(), localVips: world.host.localVips() })

const connectFrom = (localAddress: string): Promise<string> =>
  new Promise((done) => {
    world.transport.connect({ remote: { address: '10.0.1.20', port: 8080 }, localAddress, timeout: 3 * SECOND }, (event) => {
      if (event.type === 'failed') done(event.reason)
      else if (event.type === 'data') done(new TextDecoder().decode(event.data))
    })
  })
say('before', { from: await connectFrom('10.0.1.100') })

const backends = [
  { address: '10.0.1.20', port: 8080 },
  { address: '10.0.2.20', port: 8080 },
]
const desired: HostState = {
  id: 1,
  addresses: [{ address: '10.0.1.100', interface: 'rack1' }],
  localVips: ['10.0.0.1', '10.0.0.2'],
  services: [
    { name: 'default/web', vip: '10.0.0.1', protocol: 'tcp', port: 80, backends },
    { name: 'default/none', vip: '10.0.0.2', protocol: 'tcp', port: 80, backends: [] },
  ],
}
const applied = await apply(desired)
say('applied', { answer: applied, from: await connectFrom('10.0.1.100'), kernel: kernel(), events: events.splice(0) })

// A process of the node that listens on every address must not answer for a VIP without backends.
const everywhere = createServer((socket) => socket.end('not a backend'))
await new Promise<void>((done) => everywhere.listen(80, '0.0.0.0', () => done()))
const [fromNode, fromEast] = await Promise.all([call('', '10.0.0.1', 80, 40), call('east', '10.0.0.1', 80, 40)])
say('traffic', { fromNode, fromEast })
say('refused', {
  none: [await call('', '10.0.0.2', 80), await call('east', '10.0.0.2', 80)].flat(),
  unserved: [await call('', '10.0.0.1', 81), await call('east', '10.0.0.1', 81)].flat(),
  ping: [await ping('', '10.0.0.1'), await ping('east', '10.0.0.1')],
})
await new Promise((done) => everywhere.close(done))

// One UDP flow all the while, from a node's own socket and from a neighbour's: none, then one backend, another, none, and one again.
const flows = [udpFlow('', '10.0.0.1'), udpFlow('east', '10.0.0.1')]
const udpRule = (...addresses: string[]) => ({
  name: 'default/dns',
  vip: '10.0.0.1',
  protocol: 'udp' as const,
  port: 53,
  backends: addresses.map((address) => ({ address, port: 8054 })),
})
const datagrams: Record<string, string[]> = {}
const stages = {
  'no rule': [],
  west: [udpRule('10.0.2.20')],
  east: [udpRule('10.0.1.20')],
  none: [udpRule()],
  again: [udpRule('10.0.2.20')],
  gone: [],
}
for (const [stage, services] of Object.entries(stages)) {
  await apply({ ...desired, id: 10, services })
  datagrams[stage] = await Promise.all(flows.map((flow) => flow.send()))
}
for (const flow of flows) flow.end()
await apply(desired)
say('udp flow', { datagrams, events: events.splice(0) })

// The neighbour believes that another machine has the address, until it is told.
const mac = (JSON.parse(ip('-j', 'link', 'show', 'rack1')) as { address: string }[])[0]?.address
ip('-n', 'east', 'neigh', 'replace', '10.0.1.100', 'lladdr', '02:00:00:00:00:99', 'dev', 'uplink', 'nud', 'stale')
const listener = spawn(
  'ip',
  ['netns', 'exec', 'east', 'tcpdump', '-lnni', 'uplink', '--immediate-mode', '-tt', '-c', '3', 'arp', 'src', 'host', '10.0.1.100'],
  {
    stdio: ['ignore', 'pipe', 'pipe'],
  },
)
let heard = ''
listener.stdout.on('data', (data) => {
  heard += data
})
await new Promise((done) => listener.stderr.on('data', (data) => String(data).includes('listening on') && done(undefined)))
world.host.announce('10.0.1.100', 'rack1', 3, 200 * MILLISECOND)
await new Promise((done) => listener.once('exit', done))
const neighbours = JSON.parse(ip('-j', '-n', 'east', 'neigh', 'show', '10.0.1.100')) as { lladdr?: string }[]
say('announced', {
  times: heard
    .trim()
    .split('\n')
    .map((line) => Number(line.split(' ')[0])),
  believed: neighbours[0]?.lladdr === mac,
  events: events.splice(0),
})

say('unknown interface', { answer: await apply({ ...desired, id: 2, addresses: [{ address: '10.0.1.101', interface: 'rack9' }] }) })

// Four at once: each against what the one before has made.
const order: number[] = []
await Promise.all(
  [3, 4, 5, 6].map(async (id) => order.push((await apply(id % 2 ? { ...desired, id } : { ...desired, id, localVips: [] })).id)),
)
say('in turn', { order, kernel: kernel() })

events.length = 0
say('emptied', { answer: await apply({ id: 7, addresses: [], localVips: [], services: [] }), kernel: kernel(), events: events.splice(0) })

// The kernel gives a dead peer up after net.ipv4.tcp_retries2 retransmissions: three here, fifteen (a quarter of an hour) by default.
const silent = await new Promise<object>((done) => {
  const tape: object[] = []
  const connection = world.transport.connect({ remote: { address: '10.0.1.20', port: 8081 }, timeout: 3 * SECOND }, (event) => {
    tape.push(event)
    if (event.type === 'connected') {
      ip('-n', 'east', 'link', 'set', 'uplink', 'down')
      connection.send(new TextEncoder().encode('anyone there?'))
    } else if (event.type !== 'data') done({ last: event })
  })
})
say('silent', silent)

let late = 0
world.host.apply(desired, () => late++)
world.host.announce('10.0.1.10', 'rack1', 3, 10 * MILLISECOND)
world.end()
world.host.apply(desired, () => late++)
await new Promise((done) => setTimeout(done, 300))
say('ended', { late, events })
process.exit(0)
