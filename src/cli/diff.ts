/** `peerlab diff A B`: two runs, two labs, or two moments of one run, side by side. */
import { Command } from 'commander'
import { compareSnapshots, differs, diffLines } from '../report/diff/index.ts'
import { loggedSnapshot, momentOf, type Side, sideOf } from './diff/log.ts'
import { runningSnapshot } from './diff/running.ts'
import { EXIT } from './exit.ts'
import { outputTo, printJson } from './output.ts'

const HELP = `
A and B are each
  FILE              an event log, out/<time>/NAME.ndjson, at its end
  FILE@MOMENT       that log at a moment; for B also @MOMENT alone: of the log of A
  LAB               a lab that is running now; its VIPs are tried from its clients

MOMENT is start (the lab is up), fault (just before the first fault), end, the name of a step (at its end), or seconds
from the first fault, else from the first step, as the timeline of a failure counts them: +3.2s, -200ms.

Ends with 0 where nothing differs, and with 1 where something does.`

export function diffCommand(): Command {
  return new Command('diff')
    .description('compare two runs, two running labs, or two moments of one run')
    .argument('A')
    .argument('B')
    .option('--json', 'for machines')
    .addHelpText('after', HELP)
    .action(async (a: string, b: string, { json }: { json?: true }) => {
      process.exitCode = await diff(a, b, json === true)
    })
}

async function diff(a: string, b: string, json: boolean): Promise<number> {
  const first = sideOf(a)
  const second = b.startsWith('@') && first.kind === 'log' ? { ...first, moment: momentOf(b.slice(1)) } : sideOf(b)
  const [before, after] = [await snapshotOf(first), await snapshotOf(second)]
  const result = compareSnapshots(before, after)
  if (json) printJson({ a: before.label, b: after.label, differs: differs(result), ...result })
  else {
    const output = outputTo(process.stdout)
    for (const line of diffLines(before.label, after.label, result, output.style)) output.line(line)
  }
  return differs(result) ? EXIT.failed : EXIT.pass
}

function snapshotOf(side: Side) {
  return side.kind === 'log' ? loggedSnapshot(side) : runningSnapshot(side.lab)
}
