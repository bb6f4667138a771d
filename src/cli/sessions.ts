/** `peerlab sessions`: every router's BGP sessions, read from the routers now. */
import { Command } from 'commander'
import { sessionLines } from '../report/index.ts'
import { chosenLab, openEngine } from './engine.ts'
import { outputTo, printJson } from './output.ts'
import { chosenRouters } from './routers.ts'

export function sessionsCommand(): Command {
  return new Command('sessions')
    .description("show the routers' BGP sessions")
    .argument('[ROUTER...]', 'only of these')
    .option('--lab <ID>', 'which lab, where several run')
    .option('--json', 'for machines')
    .action(async (names: string[], options: { lab?: string; json?: true }) => {
      const lab = await chosenLab(await openEngine(), options.lab)
      try {
        const routers = chosenRouters(lab, names)
        const sessions = (await Promise.all(routers.map((router) => lab.tables.sessions(router)))).flat()
        if (options.json) return printJson(sessions)
        const output = outputTo(process.stdout)
        for (const line of sessionLines(sessions, lab.now(), output.width)) output.line(line)
      } finally {
        await lab.close()
      }
    })
}
