/** `peerlab exec`: runs a command inside a device, and ends as it ends. */
import { Command } from 'commander'
import { nearest } from '../model/index.ts'
import { chosenLab, openEngine } from './engine.ts'
import { Ending, EXIT } from './exit.ts'

export function execCommand(): Command {
  return new Command('exec')
    .description('run a command inside a device')
    .usage('[--lab ID] DEVICE -- CMD...')
    .argument('DEVICE', 'as `ps` names it')
    .argument('CMD...', 'the command and its arguments')
    .option('--lab <ID>', 'which lab, where several run')
    .passThroughOptions()
    .action(async (device: string, command: string[], options: { lab?: string }) => {
      const lab = await chosenLab(await openEngine(), options.lab)
      try {
        const { plan } = lab
        const devices = [...plan.routers, ...plan.nodes, ...plan.clients, plan.admin, ...plan.segments].map((each) => each.name)
        if (!devices.includes(device)) {
          const meant = nearest(device, devices)
          const suggestion = meant === undefined ? `there are: ${devices.join(', ')}` : `did you mean ${meant}?`
          throw new Ending(EXIT.nothing, `${lab.id} has no device ${device}`, suggestion)
        }
        // Options of the command are its own, so commander hands the `--` on as well.
        const words = command[0] === '--' ? command.slice(1) : command
        if (words.length === 0) throw new Ending(EXIT.usage, 'no command was given', 'peerlab exec DEVICE -- CMD')
        const { code, stdout, stderr } = await lab.shell.exec(device, words)
        process.stdout.write(stdout)
        process.stderr.write(stderr)
        process.exitCode = code
      } finally {
        await lab.close()
      }
    })
}
