import { contains, ipv4, parsePrefix } from '../../../net/index.ts'
import type { MachineInterface } from '../net/index.ts'

/** The address lies on the subnet of an interface that is running. */
export function onLink(interfaces: readonly MachineInterface[], address: string): boolean {
  const value = ipv4(address)
  return interfaces.some(
    (each) =>
      each.running &&
      each.addresses.some((own) => {
        const subnet = parsePrefix(own, 'mask')
        return subnet !== undefined && contains(subnet, value)
      }),
  )
}
