/** Power: links cut first, then the kill, so that nothing of the device is heard again. */
import type { Power } from '../../engine/lab.ts'
import type { Fault } from './fault.ts'

export function powerOff(power: Power, device: string): Fault {
  return {
    kind: 'power-off',
    device,
    key: `power ${device}`,
    cure: false,
    inject: () => power.off(device),
    undo: () => power.on(device),
  }
}

export function powerOn(power: Power, device: string): Fault {
  return { kind: 'power-on', device, key: `power ${device}`, cure: true, inject: () => power.on(device) }
}
