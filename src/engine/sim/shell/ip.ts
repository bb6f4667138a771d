/**
 * ip(8), as far as it shows and changes addresses, and says which way a packet goes: `ip [-4] [-o] addr show [to PREFIX]`,
 * `ip -json address show to ADDRESS up`, `ip addr add|del PREFIX dev NAME`, `ip -json route get ADDRESS`.
 */
import { contains, ipv4, parsePrefix } from '../../../net/index.ts'
import { answer, type Command } from './index.ts'

const OPTIONS: readonly string[] = ['-4', '-o', '-json']

export function ipAddress({ simulation, device, words, done }: Command): boolean {
  const [program, ...rest] = words
  const [object, verb, ...more] = rest.filter((word) => !OPTIONS.includes(word))
  if (program !== 'ip' || (object !== 'addr' && object !== 'address')) return false
  const machine = simulation.machine(device)
  const { byHand } = machine
  if (verb === 'show' && rest.includes('-json')) {
    const [to, address = '', state] = more
    if (to !== 'to' || state !== 'up') return false
    const { vrrp } = machine
    const there = byHand.addresses().filter((each) => each.address.split('/')[0] === address)
    // A backup's device is there, and held down.
    const gateways = vrrp.gateways.filter((each) => each.address === address)
    const links = [
      ...there.map(() => ({ operstate: 'UP' })),
      ...gateways.map(({ state }) => ({ operstate: state === 'master' ? 'UP' : 'DOWN' })),
    ]
    answer(simulation, done, { stdout: JSON.stringify(links) })
    return true
  }
  if (verb === 'show') {
    const [to, text] = more
    const within = to === 'to' && text !== undefined ? parsePrefix(text) : undefined
    if (more.length > 0 && within === undefined) return false
    const lines = byHand
      .addresses()
      .filter(({ address }) => within === undefined || contains(within, ipv4(address.split('/')[0] ?? '')))
      .map((each, index) => `${index + 1}: ${each.interface}    inet ${each.address} scope global ${each.interface}\n`)
    answer(simulation, done, { stdout: lines.join('') })
    return true
  }
  const [address, dev, name] = more
  if ((verb !== 'add' && verb !== 'del') || address === undefined || dev !== 'dev' || name === undefined) return false
  const refused = byHand.setAddress(address, name, verb === 'add')
  answer(simulation, done, refused === undefined ? {} : { code: 2, stderr: `${refused}\n` })
  return true
}

export function ipRouteGet({ simulation, device, words, done }: Command): boolean {
  const [program, ...rest] = words
  const [object, verb, to, ...more] = rest.filter((word) => !OPTIONS.includes(word))
  if (program !== 'ip' || object !== 'route' || verb !== 'get' || to === undefined || more.length > 0 || !rest.includes('-json'))
    return false
  const machine = simulation.machine(device)
  const route = machine.routeTo(to)
  if (machine.holds(to)) answer(simulation, done, { stdout: JSON.stringify([{ type: 'local', dst: to, dev: 'lo' }]) })
  else if (route === undefined) answer(simulation, done, { code: 2, stderr: 'RTNETLINK answers: Network is unreachable\n' })
  else
    answer(simulation, done, {
      stdout: JSON.stringify([{ dst: to, dev: route.interface, ...(route.via !== undefined && { gateway: route.via }) }]),
    })
  return true
}
