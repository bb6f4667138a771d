/** `peerlab down`: removes a lab, or everything of ours. */
import { Command } from 'commander'
import { openEngine } from './engine.ts'
import { Ending, EXIT } from './exit.ts'
import { outputTo } from './output.ts'

export function downCommand(): Command {
  return new Command('down')
    .description('remove a lab that was left running')
    .argument('[LAB]', 'its ID, as `ps` says; may be left out where only one runs')
    .option('--all', 'every lab on the engine, whoever made it')
    .action(async (id: string | undefined, { all }: { all?: true }) => {
      const engine = await openEngine()
      const output = outputTo(process.stdout)
      if (all) {
        const removed = await engine.removeAll()
        return output.line(removed.length === 0 ? 'nothing was there' : `removed ${removed.join(', ')}`)
      }
      const labs = await engine.labs()
      const known = labs.map((lab) => lab.id)
      // A lab that a running process is using goes only by its name, or by --all.
      const ids = labs.filter((lab) => lab.ownerState !== 'alive').map((lab) => lab.id)
      if (id === undefined && ids.length > 1)
        throw new Ending(EXIT.usage, `${ids.length} labs are running: ${ids.join(', ')}`, 'say which, or --all')
      const wanted = id ?? ids[0]
      if (wanted === undefined)
        return output.line(known.length === 0 ? 'nothing was there' : `only labs in use: ${known.join(', ')}; name one to remove it`)
      if (!known.includes(wanted))
        throw new Ending(EXIT.nothing, `no lab ${wanted} is running`, known.length === 0 ? undefined : `running: ${known.join(', ')}`)
      await engine.remove(wanted)
      output.line(`removed ${wanted}`)
    })
}
