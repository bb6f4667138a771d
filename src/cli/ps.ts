/** `peerlab ps`: which labs are on the engine, and their devices. */
import { Command } from 'commander'
import { table } from '../report/index.ts'
import { openEngine } from './engine.ts'
import { outputTo, printJson } from './output.ts'

export function psCommand(): Command {
  return new Command('ps')
    .description('say which labs are running, and their devices')
    .option('--json', 'for machines')
    .action(async ({ json }: { json?: true }) => {
      const labs = await (await openEngine()).labs()
      if (json) return printJson(labs)
      const output = outputTo(process.stdout)
      if (labs.length === 0) return output.line('no lab is running')
      for (const lab of labs) {
        output.line(`${output.style.strong(lab.id)}  ${lab.ownerState === 'kept' ? 'kept until `down`' : `owner ${lab.ownerState}`}`)
        const rows = lab.containers.map((container) => [container.device, container.state])
        for (const line of table(
          rows.sort((a, b) => (a[0]! < b[0]! ? -1 : 1)),
          '  ',
        ))
          output.line(line)
      }
    })
}
