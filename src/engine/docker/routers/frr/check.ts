/** What `vtysh -C -f FILE` says about a configuration: `line 13: % Unknown command[25]:  neighbor … timers 3 x`. */
import type { ConfigError } from '../driver.ts'

/**
 * `file` is the user's name for it, as it stands in the topology. While loading (`vtysh -b`) a daemon prints what it does not like
 * first (`% Can not configure the local system as neighbor`), and the lines follow in the same order.
 */
export function parseVtyshErrors(file: string, output: string): ConfigError[] {
  const lines = output.split('\n').map((line) => line.trim())
  const complaints = lines.filter((line) => line.startsWith('% ')).map((line) => line.slice(2))
  const found = lines
    .map((line) => /^line (\d+): (?:% )?(.*?)(?:\[\d+\])?(?: to \w+, line)?:\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
  const explained = complaints.length === found.length
  return found.map((match, index) => ({
    file,
    line: Number(match[1]),
    message: `${explained ? complaints[index] : match[2]}: ${match[3]}`,
  }))
}
