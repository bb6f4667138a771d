/** ps(1): `ps -ef`, of the programs that somebody has started on the device. What nobody can know here is a dash. */
import { answer, type Command } from './index.ts'

const HEAD = 'UID          PID    PPID  C STIME TTY          TIME CMD'

export function ps({ simulation, words, processes, done }: Command): boolean {
  if (words.join(' ') !== 'ps -ef') return false
  const lines = processes().map(
    ({ pid, command }) => `root     ${String(pid).padStart(7)}       -  - -     -               - ${command.join(' ')}`,
  )
  answer(simulation, done, { stdout: `${[HEAD, ...lines].join('\n')}\n` })
  return true
}
