/** ping(8): `ping [-n] [-q] -c COUNT [-i SECONDS] [-W SECONDS] ADDRESS`. */
import { SECOND } from '../../../model/index.ts'
import type { Command } from './index.ts'

export function ping({ simulation, device, words, done }: Command): boolean {
  const [program, ...rest] = words
  const address = rest.at(-1)
  if (program !== 'ping' || address === undefined) return false
  const option = (name: string, otherwise: number) => {
    const at = rest.indexOf(name)
    return at < 0 ? otherwise : Number(rest[at + 1])
  }
  const [count, interval, timeout] = [option('-c', 1), option('-i', 1) * SECOND, option('-W', 1) * SECOND]
  const machine = simulation.machine(device)
  let answered = 0
  let ended = 0
  for (let index = 0; index < count; index++)
    simulation.queue.schedule(index * interval, () =>
      machine.ping(address, { timeout }, (outcome) => {
        if (outcome.ok) answered++
        if (++ended < count) return
        const lost = Math.round((100 * (count - answered)) / count)
        const stdout = `${count} packets transmitted, ${answered} received, ${lost}% packet loss\n`
        done({ code: answered > 0 ? 0 : 1, stdout, stderr: '' })
      }),
    )
  return true
}
