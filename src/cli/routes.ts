/** `peerlab routes`: a router's BGP table and its kernel's side by side, and why a path is not used. */
import { Command } from 'commander'
import { formatPrefix, parsePrefix } from '../net/index.ts'
import { allRouteLines, routeLines } from '../report/index.ts'
import { chosenLab, openEngine } from './engine.ts'
import { Ending, EXIT } from './exit.ts'
import { outputTo, printJson } from './output.ts'
import { chosenRouters } from './routers.ts'

export function routesCommand(): Command {
  return new Command('routes')
    .description("show a router's BGP table and FIB side by side")
    .argument('ROUTER')
    .argument('[PREFIX]', 'a.b.c.d/n, or an address for its /32')
    .option('--lab <ID>', 'which lab, where several run')
    .option('--json', 'for machines')
    .action(async (router: string, text: string | undefined, options: { lab?: string; json?: true }) => {
      const prefix = text === undefined ? undefined : wholePrefix(text)
      const lab = await chosenLab(await openEngine(), options.lab)
      try {
        chosenRouters(lab, [router])
        const [routes, fib] = await Promise.all([lab.tables.routes(router, prefix), lab.tables.fib(router, prefix)])
        if (options.json) return printJson({ routes, fib })
        const output = outputTo(process.stdout)
        const lines =
          prefix === undefined
            ? allRouteLines(routes, fib, output.width)
            : routeLines(
                prefix,
                routes.find((route) => route.prefix === prefix),
                fib.find((route) => route.prefix === prefix),
                output.width,
              )
        for (const line of lines) output.line(line)
      } finally {
        await lab.close()
      }
    })
}

function wholePrefix(text: string): string {
  const prefix = parsePrefix(text.includes('/') ? text : `${text}/32`)
  if (prefix === undefined) throw new Ending(EXIT.usage, `${text} is no prefix`, 'write a.b.c.d/n without host bits, as 10.0.0.1/32')
  return formatPrefix(prefix)
}
