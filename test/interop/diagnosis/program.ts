/**
 * Runs in a container with the four daemons: starts them, and prints what our speaker says of its sessions with them, one JSON object in all.
 * Started again by itself as `program speak` in the namespace of the peers.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Speaker } from '../../../src/bgp/index.ts'
import { createRealWorld } from '../../../src/world/real/index.ts'
import { pause, run, wire } from '../matrix/process.ts'
import { STARTED } from './daemons.ts'
import { ASN, AT, atTheEnd, CAUSES, type Cause, key, NOBODY, NOWHERE, PEER_ASN, SILENT } from './terms.ts'

/** A remark on a peer that announces nothing takes ten seconds, a SYN that is not answered a retry. */
const SECONDS = 20

if (process.argv[2] === 'speak') await speak()
else await prepare()
process.exit(0)

async function prepare(): Promise<void> {
  const [frr, ...others] = [...Object.values(AT), NOBODY, SILENT]
  const namespace = await wire(frr!, '10.8.0.10', Object.values(CAUSES))
  const inPeers = (...command: string[]) => run('nsenter', '-t', String(namespace), '-n', ...command)
  for (const address of others) {
    await run('ip', 'addr', 'add', `${address}/32`, 'dev', 'rack0')
    await inPeers('ip', 'route', 'add', `${address}/32`, 'dev', 'peers0')
  }
  for (const line of [
    'add table ip silent',
    'add chain ip silent in { type filter hook input priority 0 ; }',
    `add rule ip silent in ip daddr ${SILENT} drop`,
  ])
    await run('nft', line)
  for (const [kind, { files, commands, ready, afterwards }] of Object.entries(STARTED)) {
    for (const [file, text] of Object.entries(files)) writeFileSync(file, text)
    for (const command of commands)
      spawn('sh', ['-c', `exec > /tmp/${kind}.log 2>&1; ${command}`], { stdio: 'ignore', detached: true }).unref()
    await run(
      'sh',
      '-c',
      `for i in $(seq 100); do if ${ready} >/dev/null 2>&1; then exit 0; fi; sleep 0.1; done; cat /tmp/${kind}.log; exit 1`,
    )
    if (afterwards !== undefined) await run('sh', '-c', afterwards)
  }
  process.stdout.write(await inPeers(process.execPath, ...process.execArgv, process.argv[1]!, 'speak'))
}

async function speak(): Promise<void> {
  const said: Record<string, string[]> = {}
  const last: (() => void)[] = []
  for (const [cause, localAddress] of Object.entries(CAUSES) as [Cause, string][]) {
    const peers = [...Object.values(AT), ...(cause === 'not configured there' ? [NOBODY, SILENT, NOWHERE] : [])]
    const speaker = new Speaker(
      createRealWorld({ name: 'node', emit: () => {} }),
      {
        localAddress,
        localAsn: ASN,
        peers: peers.map((peerAddress) => ({
          peerAddress,
          peerAsn: cause === 'wrong AS, our word' ? 64998 : PEER_ASN,
          holdTimeSeconds: cause === 'hold time' ? 6 : 90,
          connectRetrySeconds: 3,
        })),
      },
      look,
    )
    speaker.announce([{ prefix: '10.0.0.1/32', nextHops: ['10.0.1.11'], singleNextHop: '10.0.1.11' }])
    setInterval(look, 1_000)
    last.push(() => {
      for (const { peerAddress, remarks = [] } of speaker.peers()) said[atTheEnd(cause, peerAddress)] = [...remarks]
    })
    function look(): void {
      for (const { peerAddress, reason, remarks = [] } of speaker.peers()) {
        const name = key(cause, peerAddress)
        const all = said[name] ?? []
        said[name] = all
        for (const words of [...(reason === undefined ? [] : [reason]), ...remarks]) if (!all.includes(words)) all.push(words)
      }
    }
  }
  await pause(SECONDS * 1000)
  for (const tell of last) tell()
  process.stdout.write(`${JSON.stringify(said)}\n`)
}
