/** GoBGP: gobgpd alone, told by its gRPC API. */
import { writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { parseIpv4 } from '../../../../src/net/index.ts'
import { type AnnouncingDaemon, endAll, type RunningAnnouncer, type Setup, until, type VipSet } from './daemon.ts'
import { bytesField, fieldsOf, framed, GrpcClient, join, numberField } from './grpc.ts'
import { run } from './place.ts'

/** Of its `TableType`. */
const ADJ_IN = 2
/** Its `Family`: AFI_IP, SAFI_UNICAST. */
const IPV4 = join([numberField(1, 1), numberField(2, 1)])
/** Paths in one message of its stream; gRPC takes 4 MB. */
const PATHS_A_MESSAGE = 1000

export const gobgp: AnnouncingDaemon = {
  version: async () => (await run('gobgpd', '--version')).trim().replace('gobgpd version ', ''),
  start: (setup) => start(setup),
  startAnnouncer: (setup, vips) => start(setup, vips),
}

async function start(setup: Setup, vips?: VipSet): Promise<RunningAnnouncer> {
  const { ground, place, folder, peerAddress } = setup
  const file = joinPath(folder, 'gobgpd.toml')
  const socket = joinPath(folder, 'api.sock')
  writeFileSync(file, configuration(setup))
  const command = ['gobgpd', '-f', file, '-l', 'error', '--pprof-disable', '--api-hosts', `unix://${socket}`]
  const child = ground.start(place, joinPath(folder, 'log'), command)
  let client = new GrpcClient(socket, 'apipb.GobgpApi')
  const peer = async () => {
    const [answer] = await client.call('ListPeer', framed(bytesField(1, peerAddress)))
    return answer && inner(fieldsOf(answer), 1)
  }
  await until(
    'GoBGP answers',
    async () => {
      client.close()
      client = new GrpcClient(socket, 'apipb.GobgpApi')
      return (await peer()) !== undefined
    },
    20,
  )
  const announcement = vips && requests(vips, vips.nextHops, false)
  const withdrawal = vips && requests(vips, vips.nextHops.slice(-1), true)
  return {
    pid: child.pid ?? 0,
    // PeerState.session_state, ESTABLISHED.
    established: async () => inner((await peer()) ?? new Map(), 5)?.get(13) === 6,
    async holds(prefix) {
      const question = join([bytesField(3, IPV4), bytesField(4, bytesField(1, prefix))])
      return (await client.call('ListPath', framed(question))).length > 0
    },
    async count() {
      const question = join([numberField(1, ADJ_IN), bytesField(2, IPV4), bytesField(3, peerAddress)])
      const [answer] = await client.call('GetTable', framed(question))
      return Number(fieldsOf(answer ?? new Uint8Array()).get(2) ?? 0)
    },
    announce: async () => void (await client.call('AddPathStream', announcement ?? new Uint8Array())),
    withdrawLastHop: async () => void (await client.call('AddPathStream', withdrawal ?? new Uint8Array())),
    async stop() {
      client.close()
      await endAll(child)
    },
  }
}

function inner(fields: Map<number, number | Uint8Array>, number: number): Map<number, number | Uint8Array> | undefined {
  const value = fields.get(number)
  return value instanceof Uint8Array ? fieldsOf(value) : undefined
}

/** The whole stream, ready to be sent. Identifiers are the next hops' places, from 1. */
function requests({ prefixes, nextHops }: VipSet, hops: readonly string[], withdraw: boolean): Uint8Array {
  const paths = hops.flatMap((hop) => prefixes.map((prefix) => bytesField(3, path(prefix, hop, nextHops.indexOf(hop) + 1, withdraw))))
  const messages: Uint8Array[] = []
  for (let i = 0; i < paths.length; i += PATHS_A_MESSAGE) messages.push(framed(join(paths.slice(i, i + PATHS_A_MESSAGE))))
  return join(messages)
}

/** Its `Path`, with NLRI and attributes as they are on the wire, which saves it work. */
function path(prefix: string, hop: string, identifier: number, withdraw: boolean): Uint8Array {
  const [address = '', length = '32'] = prefix.split('/')
  return join([
    bytesField(9, IPV4),
    bytesField(20, Uint8Array.of(Number(length), ...octets(address))),
    bytesField(21, Uint8Array.of(0x40, 1, 1, 0)),
    bytesField(21, Uint8Array.of(0x40, 3, 4, ...octets(hop))),
    numberField(18, identifier),
    ...(withdraw ? [numberField(5, 1)] : []),
  ])
}

function octets(text: string): number[] {
  const address = parseIpv4(text) ?? 0
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255]
}

function configuration({ address, asn, peerAddress, peerAsn, passive, holdTimeSeconds, keepaliveSeconds }: Setup): string {
  return `[global.config]
as = ${asn}
router-id = "${address}"
local-address-list = ["${address}"]
[[neighbors]]
[neighbors.config]
neighbor-address = "${peerAddress}"
peer-as = ${peerAsn}
[neighbors.transport.config]
local-address = "${address}"
passive-mode = ${passive}
[neighbors.timers.config]
connect-retry = 1
hold-time = ${holdTimeSeconds}
keepalive-interval = ${keepaliveSeconds}
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
[neighbors.afi-safis.add-paths.config]
receive = true
send-max = 32
`
}
