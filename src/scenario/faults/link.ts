/** One interface of a device goes down, and its other end with it. */
import type { Links } from '../../engine/lab.ts'
import type { Fault } from './fault.ts'

export function linkDown(links: Links, device: string, interfaceName: string): Fault {
  return {
    kind: 'link-down',
    device,
    key: `link ${device} ${interfaceName}`,
    cure: false,
    inject: () => links.down(device, interfaceName),
    undo: () => links.up(device, interfaceName),
  }
}

export function linkUp(links: Links, device: string, interfaceName: string): Fault {
  return { kind: 'link-up', device, key: `link ${device} ${interfaceName}`, cure: true, inject: () => links.up(device, interfaceName) }
}
