/** The VIP on the node under test: an address of its own (R42), and a socket that counts and answers what arrives there. */
import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { run } from './command.ts'

/** Where datagrams of a rehearsal go; no Service's port is taken before there is a cluster. */
export const REHEARSAL_PORT = 17_934

export class HeldVip {
  readonly #vip: string
  readonly #socket: Socket
  readonly #arrived = new Map<string, number>()

  /** Whoever added it before us keeps it. */
  readonly #added: boolean

  private constructor(vip: string, socket: Socket, added: boolean) {
    this.#vip = vip
    this.#socket = socket
    this.#added = added
    socket.on('message', (message, from) => {
      const token = message.toString()
      this.#arrived.set(token, (this.#arrived.get(token) ?? 0) + 1)
      // A failure to send is an answer lost, which the sender sees.
      socket.send(message, from.port, from.address, () => undefined)
    })
  }

  static async hold(vip: string): Promise<HeldVip> {
    const added = !holds(vip)
    if (added) await run('ip', ['address', 'add', `${vip}/32`, 'dev', 'lo'])
    try {
      return new HeldVip(vip, await bound(vip), added)
    } catch (error) {
      if (added) await remove(vip)
      throw error
    }
  }

  get arrived(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#arrived)
  }

  async release(): Promise<void> {
    this.#socket.close()
    if (this.#added) await remove(this.#vip)
  }
}

/** Whether this device has the address. */
export function holds(address: string): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some((one) => one.address === address))
}

function bound(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(REHEARSAL_PORT, address, () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

async function remove(vip: string): Promise<void> {
  await run('ip', ['address', 'del', `${vip}/32`, 'dev', 'lo'])
}
