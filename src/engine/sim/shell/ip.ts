/** ip(8), as far as it shows and changes addresses: `ip [-4] [-o] addr show [to PREFIX]`, `ip addr add|del PREFIX dev NAME`. */
import { contains, ipv4, parsePrefix } from '../../../net/index.ts'
import { answer, type Command } from './index.ts'

const OPTIONS: readonly string[] = ['-4', '-o']

export function ipAddress({ simulation, device, words, done }: Command): boolean {
  const [program, ...rest] = words
  const [object, verb, ...more] = rest.filter((word) => !OPTIONS.includes(word))
  if (program !== 'ip' || (object !== 'addr' && object !== 'address')) return false
  const { byHand } = simulation.machine(device)
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
