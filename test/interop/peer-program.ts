/**
 * A peer for a router under test: our own speaker, told what to announce over a unix socket, one JSON line a command.
 *
 *     peer-program LOCAL PEER SOCKET [no-add-path]
 */
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { type AnnouncedRoute, Speaker } from '../../src/bgp/index.ts'
import { createRealWorld } from '../../src/world/real/index.ts'

export type PeerCommand = { readonly announce: readonly AnnouncedRoute[] } | { readonly stop: true }

const [localAddress = '', peerAddress = '', socket = '', mode] = process.argv.slice(2)
const world = createRealWorld({ name: localAddress, emit: (event) => console.log(JSON.stringify(event)) })
const speaker = new Speaker(world, {
  localAddress,
  localAsn: 65001,
  peers: [
    {
      peerAddress,
      peerAsn: 65002,
      holdTimeSeconds: 9,
      keepaliveSeconds: 3,
      connectRetrySeconds: 1,
      addPath: { send: mode !== 'no-add-path', receive: false },
    },
  ],
})

createServer((client) => {
  createInterface({ input: client }).on('line', (line) => {
    const command = JSON.parse(line) as PeerCommand
    if ('announce' in command) {
      speaker.announce(command.announce)
      client.end('{"result":null}\n')
    } else {
      speaker.stop(() => {
        client.end('{"result":null}\n', () => process.exit(0))
      })
    }
  })
}).listen(socket)
