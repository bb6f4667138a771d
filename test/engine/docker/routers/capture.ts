/**
 * Captures the golden files of the reader tests again, from the real daemons in containers of the current images:
 *
 *     node --conditions=peerlab-source test/engine/docker/routers/capture.ts
 *
 * Three sessions: .100 multihop with ADD-PATH (three next hops, one later withdrawn), .101 single-hop with ADD-PATH (a next hop off the
 * subnet), .102 without ADD-PATH; and one more router with its user's own configuration, whose session drops everything (RFC 8212).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fibNextHops } from '../../../../src/model/index.ts'
import { neighbor, PEERS, RouterContainer, routerPlan } from '../../../interop/router-container.ts'
import { isUp } from '../../../interop/router-events.ts'

const GOLDEN = fileURLToPath(new URL('./golden/', import.meta.url))
const [first, second, third] = PEERS
const NEIGHBORS = [neighbor(first), neighbor(second, { multihop: false }), neighbor(third, { addPathReceive: false })]

const save = (name: string, text: string) => {
  writeFileSync(`${GOLDEN}${name}`, text.endsWith('\n') ? text : `${text}\n`)
  console.log(`${name}: ${text.length} characters`)
}

/** Every message of a method of GoBGP's API, in hexadecimal, one a line. `fields` is the request, in hexadecimal. */
const api = (method: string, request: string) => `/opt/peerlab/node -e '
const s=require("http2").connect("http://127.0.0.1:50051")
const r=s.request({":method":"POST",":path":"/apipb.GobgpApi/${method}","content-type":"application/grpc",te:"trailers"})
let b=Buffer.alloc(0)
r.on("data",d=>{b=Buffer.concat([b,d])})
r.on("end",()=>{while(b.length>=5){const n=b.readUInt32BE(1);console.log(b.subarray(5,5+n).toString("hex"));b=b.subarray(5+n)}s.close()})
const m=Buffer.from("${request}","hex"),h=Buffer.alloc(5);h.writeUInt32BE(m.length,1);r.end(Buffer.concat([h,m]))'`

async function converge(router: RouterContainer): Promise<void> {
  for (const peer of PEERS) await router.startPeer(peer)
  for (const peer of PEERS) await router.event(`${peer} up`, isUp(peer), { seconds: 40 })
  const hops = ['10.0.1.11', '10.0.1.12', '10.0.1.13']
  await router.tellPeer(first, { announce: [{ prefix: '10.0.0.1/32', nextHops: hops }] })
  await router.tellPeer(second, { announce: [{ prefix: '10.0.0.2/32', nextHops: ['10.0.7.7'] }] })
  await router.tellPeer(third, { announce: [{ prefix: '10.0.0.1/32', nextHops: hops, singleNextHop: hops[1]! }] })
  const all = (path: { readonly from: string }) => path.from === third
  await router.event('paths of all', (event) => event.type === 'route' && event.route.paths.length === 4 && event.route.paths.some(all))
  await router.event('the route', (event) => event.type === 'fib' && fibNextHops(event.route).length === 3)
}

async function frr(): Promise<void> {
  const router = await RouterContainer.start(routerPlan('frr', { neighbors: NEIGHBORS }))
  try {
    await router.sh('ip -4 -o monitor route nexthop link address > /tmp/monitor & sleep 0.3')
    await converge(router)
    save('frr-neighbors.golden.json', await router.sh('vtysh -c "show bgp neighbors json"'))
    save('frr-table.golden.json', await router.sh('vtysh -c "show bgp ipv4 unicast json detail"'))
    save('ip-route.golden.json', await router.sh('ip -4 -j route show table main'))
    await router.tellPeer(first, { announce: [{ prefix: '10.0.0.1/32', nextHops: ['10.0.1.11', '10.0.1.13'] }] })
    await router.tellPeer(third, { announce: [] })
    await router.event('two next hops', (event) => event.type === 'fib' && fibNextHops(event.route).length === 2)
    await router.peersSh('ip link set peers0 down')
    await router.sh('sleep 0.5')
    save('ip-route-no-carrier.golden.json', await router.sh('ip -4 -j route show table main'))
    await router.sh('ip route add 10.0.7.0/24 via 10.0.1.12 metric 7; ip route del 10.0.7.0/24; sleep 0.2')
    save('ip-monitor.golden.txt', await router.sh('cat /tmp/monitor'))
    await router.sh('printf "router bgp 65002\\n neighbor 10.0.1.100 remot-as 1\\n maximum-paths x\\n" > /tmp/bad.conf')
    save('vtysh-check.golden.txt', await router.sh('vtysh -C -f /tmp/bad.conf; true'))
    await router.sh('printf "router bgp 65002\\n neighbor 10.8.0.10 remote-as 65001\\n neighbor 10.8.0.10 passive\\n" > /etc/frr/frr.conf')
    save('vtysh-load.golden.txt', await router.sh('vtysh -b; true'))
  } finally {
    await router.stop()
  }
}

async function policy(): Promise<void> {
  const text = `router bgp 65002\n neighbor ${first} remote-as 65001\n neighbor ${first} passive\n neighbor ${first} update-source 10.8.0.10\n neighbor ${first} ebgp-multihop 2\n`
  const router = await RouterContainer.start(routerPlan('frr', { neighbors: [neighbor(first)], config: { file: 'own.conf', text } }))
  try {
    await router.startPeer(first)
    await router.event('up', isUp(first), { seconds: 40 })
    save('frr-neighbors-policy.golden.json', await router.sh('vtysh -c "show bgp neighbors json"'))
  } finally {
    await router.stop()
  }
}

async function gobgp(): Promise<void> {
  const router = await RouterContainer.start(routerPlan('gobgp', { neighbors: NEIGHBORS }))
  try {
    await converge(router)
    save('gobgp-peers.golden.txt', await router.sh(api('ListPeer', '')))
    save('gobgp-table.golden.txt', await router.sh(api('ListPath', '1a0408011001')))
    await router.sh(
      'printf "[global.config]\\nas = x\\n" > /tmp/bad.toml; printf "[global.config]\\nas = 1\\nruter-id = \\"1.1.1.1\\"\\n" > /tmp/key.toml',
    )
    save('gobgpd-syntax.golden.txt', await router.sh('gobgpd --dry-run --pprof-disable -f /tmp/bad.toml; true'))
    save('gobgpd-key.golden.txt', await router.sh('gobgpd --dry-run --pprof-disable -f /tmp/key.toml; true'))
  } finally {
    await router.stop()
  }
}

mkdirSync(GOLDEN, { recursive: true })
await frr()
await policy()
await gobgp()
