/**
 * Runs in a router container and prints what the daemon says to a plain peer, message by message in hex: the source of
 * test/bgp/wire/daemons.golden.json. Argument: `frr` or `gobgp`. test/interop/speaker/capture.sh runs it for both.
 */
import { execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { wire } from '../../../src/bgp/index.ts'
import { ipv4 } from '../../../src/net/index.ts'
import { frr } from './frr.ts'
import { gobgp } from './gobgp.ts'
import { ASN, NODE, ROUTER, VIPS } from './terms.ts'

const daemon = process.argv[2] === 'gobgp' ? gobgp : frr
const run = (command: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => execFile(command, args, (error, stdout) => (error ? reject(error) : resolve(stdout))))

for (const address of [NODE, ROUTER]) await run('ip', 'addr', 'add', `${address}/32`, 'dev', 'lo')
await run('ip', 'link', 'set', 'lo', 'up')
for (const [file, text] of Object.entries(daemon.files(true))) writeFileSync(file, text)
for (const command of daemon.commands) spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore', detached: true }).unref()
while (!(await daemon.ready(run))) await new Promise((resolve) => setTimeout(resolve, 200))
await daemon.prepare(run)

const frames: string[] = []
const framer = new wire.Framer()
const socket = connect({ host: ROUTER, port: 179, localAddress: NODE })
const say = (message: wire.Message) => socket.write(wire.encodeMessage(message, { fourOctetAs: true, addPath: true }))
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

socket.on('connect', () => {
  say({
    type: 'open',
    myAs: ASN,
    holdTimeSeconds: 90,
    identifier: ipv4(NODE),
    capabilities: [
      { type: 'multiprotocol', afi: 1, safi: 1 },
      { type: 'route-refresh' },
      { type: 'four-octet-as', asn: ASN },
      { type: 'add-path', families: [{ afi: 1, safi: 1, receive: false, send: true }] },
    ],
  })
  say({ type: 'keepalive' })
  say({
    type: 'update',
    withdrawn: [],
    attributes: [
      { type: 'origin', value: 'igp' },
      { type: 'as-path', segments: [{ kind: 'sequence', asns: [ASN] }] },
      { type: 'next-hop', address: ipv4('10.0.1.11') },
    ],
    nlri: VIPS.map((vip) => ({ address: ipv4(vip), length: 32, pathId: 1 })),
    errors: [],
  })
})
socket.on('data', (chunk: Buffer) => frames.push(...framer.push(chunk).frames.map((frame) => hex(frame.bytes))))
await new Promise((resolve) => setTimeout(resolve, 4_000))
await daemon.reset(run)
await new Promise((resolve) => setTimeout(resolve, 500))
process.stdout.write(`${JSON.stringify([...new Set(frames)])}\n`)
process.exit(0)
