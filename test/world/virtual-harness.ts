import type { Micros } from '../../src/model/index.ts'
import { SECOND } from '../../src/model/index.ts'
import { VirtualUniverse } from '../../src/world/virtual/index.ts'
import type { WorldHarness } from './harness.ts'

export function virtualHarness(): WorldHarness {
  const universe = new VirtualUniverse({ seed: 7 })
  let devices = 0
  const device = () => {
    const n = ++devices
    const address = `10.0.0.${n}`
    return { world: universe.createWorld({ name: `d${n}`, addresses: [`${address}/24`] }), address }
  }
  const until = async (holds: () => boolean, what: string, limit: Micros = 5 * SECOND): Promise<void> => {
    if (!universe.runUntil(holds, universe.now + limit)) throw new Error(`never saw: ${what}`)
  }
  return {
    device,
    until,
    pass: async (length) => universe.run(universe.now + length),
    woken: () => {},
    noAnswer: async () => ({ address: '10.0.0.250', port: 9 }),
    unreachable: async () => ({
      world: universe.createWorld({ name: 'island', addresses: [] }),
      endpoint: { address: '10.0.0.1', port: 9 },
    }),
    silentPeer: async () => {
      const peer = device()
      peer.world.transport.listen({ address: peer.address, port: 179 }, (event) => {
        if (event.type === 'connection') event.accept(() => {})
      })
      return {
        world: device().world,
        endpoint: { address: peer.address, port: 179 },
        powerOff: async () => universe.powerOff(peer.world.name),
        replace: async () => void universe.createWorld({ name: 'successor', addresses: [`${peer.address}/24`] }),
      }
    },
    close: async () => {},
  }
}
