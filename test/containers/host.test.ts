/** The real Host port against a kernel: addresses, local VIPs, DNAT and gratuitous ARP of one node with two neighbours, all in one container. */
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, it } from 'vitest'
import { connectEngine } from '../../src/engine/docker/index.ts'
import { thisOwner } from '../../src/engine/docker/owner.ts'
import { LABELS, NODE_IN_IMAGE } from '../../src/engine/docker/protocol.ts'

/** Any build of it will do: it brings Node, ip, nft, arping and tcpdump; the program comes from here. */
const IMAGE = 'peerlab/node:latest'

type Step = Readonly<Record<string, unknown>> & { readonly step: string }
const backendOf = (answer: string): string => answer.split(' ')[0] ?? ''
const seenAs = (answer: string): string => answer.split(' ')[1] ?? ''

describe('the host of a node', () => {
  let steps: Map<string, Step>
  const step = <T>(name: string): T => {
    const found = steps.get(name)
    if (!found) throw new Error(`the program did not come to "${name}"; it came to ${[...steps.keys()].join(', ')}`)
    return found as T
  }

  beforeAll(async () => {
    steps = await run(await bundle())
  })

  it('tells its own interfaces, without what an earlier agent left, and the VIPs that it left', () => {
    expect(step('interfaces')).toMatchObject({
      localVips: ['10.0.0.9'],
      interfaces: [
        { name: 'lo', addresses: [] },
        { name: 'rack1', addresses: ['10.0.1.10/24', '10.0.1.55/24'] },
        { name: 'rack2', addresses: ['10.0.2.10/24'] },
      ],
    })
  })

  it('connects from a floating IP as soon as it is applied, and not before', () => {
    expect(step('before')).toMatchObject({ from: 'address-not-local' })
    expect(step('applied')).toMatchObject({ answer: { type: 'applied', id: 1 }, from: 'east 10.0.1.100' })
  })

  it('adds what is wanted, clears what an earlier agent left, and leaves the rest', () => {
    expect(step('applied')).toMatchObject({
      kernel: {
        addresses: ['10.0.1.10/24 rack1', '10.0.1.100/32 rack1', '10.0.1.55/24 rack1', '10.0.2.10/24 rack2'],
        local: ['10.0.0.1', '10.0.0.2'],
      },
      events: [
        { type: 'address', device: 'node-01', address: '10.0.1.100', interface: 'rack1', present: true },
        { type: 'address', device: 'node-01', address: '10.0.1.99', interface: 'rack1', present: false },
      ],
    })
  })

  it.each(['fromNode', 'fromEast'] as const)('reaches both backends through the VIP %s, as the node itself', (from) => {
    const answers = step<Record<typeof from, string[]>>('traffic')[from]
    expect(answers.length).toBe(40)
    // 40 throws of a fair coin all on one side: once in 5 · 10¹¹ runs.
    expect(new Set(answers.map(backendOf))).toEqual(new Set(['east', 'west']))
    for (const answer of answers) expect(seenAs(answer)).toMatch(backendOf(answer) === 'east' ? /^10\.0\.1\.(10|55)$/ : /^10\.0\.2\.10$/)
  })

  it('refuses at a VIP without backends and at a port that nobody serves, and answers a ping', () => {
    expect(step('refused')).toMatchObject({
      none: ['ECONNREFUSED', 'ECONNREFUSED'],
      unserved: ['ECONNREFUSED', 'ECONNREFUSED'],
      ping: [true, true],
    })
  })

  it('takes a UDP flow that goes on to where it belongs now, after every change, and refuses it meanwhile', () => {
    const { datagrams, events } = step<{ datagrams: Record<string, string[]>; events: unknown[] }>('udp flow')
    expect(datagrams).toEqual({
      'no rule': ['ECONNREFUSED', 'ECONNREFUSED'],
      west: ['west', 'west'],
      east: ['east', 'east'],
      none: ['ECONNREFUSED', 'ECONNREFUSED'],
      again: ['west', 'west'],
      gone: ['ECONNREFUSED', 'ECONNREFUSED'],
    })
    expect(events).toEqual([])
  })

  it('announces as often as it is told, so far apart, and a neighbour believes it', () => {
    const { times, believed, events } = step<{ times: number[]; believed: boolean; events: unknown }>('announced')
    expect(times.length).toBe(3)
    expect(times[2]! - times[0]!).toBeGreaterThan(0.38)
    expect(times[2]! - times[0]!).toBeLessThan(2)
    expect(believed).toBe(true)
    expect(events).toEqual([{ type: 'gratuitous-arp', device: 'node-01', address: '10.0.1.100', count: 3 }])
  })

  it('says what the kernel did not want, and goes on with the next', () => {
    const { answer } = step<{ answer: { type: string; id: number; detail: string } }>('unknown interface')
    expect(answer).toMatchObject({ type: 'failed', id: 2 })
    expect(answer.detail).toContain('rack9')
    expect(step('in turn')).toMatchObject({ order: [3, 4, 5, 6], kernel: { local: [] } })
  })

  it('leaves nothing of its own when nothing is wanted', () => {
    expect(step('emptied')).toMatchObject({
      answer: { type: 'applied', id: 7 },
      kernel: { addresses: ['10.0.1.10/24 rack1', '10.0.1.55/24 rack1', '10.0.2.10/24 rack2'], local: [], rules: 0 },
      events: [{ type: 'address', address: '10.0.1.100', present: false }],
    })
  })

  it('gives up a peer that went silent with what it sent unacknowledged', () => {
    expect(step('silent')).toMatchObject({ last: { type: 'closed', reason: 'timeout' } })
  })

  it('says nothing after its end', () => {
    expect(step('ended')).toMatchObject({ late: 0, events: [] })
  })
})

async function bundle(): Promise<string> {
  await using made = await rolldown({
    input: fileURLToPath(new URL('host/program.ts', import.meta.url)),
    platform: 'node',
    logLevel: 'silent',
    // The program travels as an argument, 128 KiB at most: the YAML reader that model brings along is not used.
    treeshake: { moduleSideEffects: false },
  })
  const { output } = await made.generate({ format: 'esm', codeSplitting: false, sourcemap: false, minify: true })
  return output[0].code
}

/** Runs the program in a container that has no network but what it makes. */
async function run(code: string): Promise<Map<string, Step>> {
  const engine = await connectEngine()
  if (!engine.ok) throw new Error(`${engine.message} ${engine.suggestion}`)
  const container = await engine.docker.createContainer({
    Image: IMAGE,
    Cmd: [NODE_IN_IMAGE, '--input-type=module', '-e', code],
    Labels: { [LABELS.project]: '1', [LABELS.lab]: 'host-test', [LABELS.device]: 'node-01', [LABELS.owner]: thisOwner() },
    Tty: true,
    HostConfig: {
      NetworkMode: 'none',
      Init: true,
      CapAdd: ['NET_ADMIN', 'SYS_ADMIN'],
      Sysctls: {
        'net.ipv4.ip_forward': '1',
        'net.ipv4.tcp_retries2': '3',
        // They would use up the neighbour's share of ICMP errors (icmp_ratelimit), and the node owes it some.
        'net.ipv4.conf.all.send_redirects': '0',
        'net.ipv4.conf.default.send_redirects': '0',
        'net.ipv4.conf.all.rp_filter': '0',
        'net.ipv4.conf.default.rp_filter': '0',
      },
    },
  })
  try {
    await container.start()
    const { StatusCode } = await container.wait()
    const output = (await container.logs({ stdout: true, stderr: true })).toString()
    if (StatusCode !== 0) throw new Error(`the program ended with ${StatusCode}:\n${output}`)
    const steps = output
      .split(/\r?\n/)
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Step)
    return new Map(steps.map((each) => [each.step, each]))
  } finally {
    await container.remove({ force: true })
  }
}
