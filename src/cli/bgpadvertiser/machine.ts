/** What the machine has: its addresses. */
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'

/** Whether a socket can be bound to the address: the kernel's own answer, which knows all of 127.0.0.0/8 as well. */
export function holds(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (held: boolean) => {
      socket.close()
      resolve(held)
    }
    socket.once('error', () => end(false))
    socket.bind({ address, port: 0, exclusive: true }, () => end(true))
  })
}

/** `10.0.1.10 (eth0)` each, loopback left out. */
export function ownAddresses(): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).filter((each) => each.family === 'IPv4' && !each.internal).map((each) => `${each.address} (${name})`),
  )
}
