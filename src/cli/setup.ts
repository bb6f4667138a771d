/** `peerlab setup` (`npm run lab:setup`): gets an engine and builds the images. Exit code 3 where that cannot be done here. */
import { Command } from 'commander'

export function setupCommand(): Command {
  return new Command('setup')
    .description('get a Docker engine, and build the images that labs run from; may be repeated')
    .option('--fresh', 'take a fresh base and rebuild every image, with the newest packages')
    .action(async ({ fresh }: { fresh?: boolean }) => {
      const { setUp } = await import('../engine/docker/setup/index.ts')
      const start = performance.now()
      const report = (line: string) => console.log(line)
      report('peerlab setup')
      const done = await setUp({ fresh: fresh ?? false, report })
      if (done.ok) {
        report(`ready after ${((performance.now() - start) / 1000).toFixed(1)} s`)
        return
      }
      console.error(`peerlab: ${done.message}\n  ${done.suggestion}`)
      process.exitCode = 3
    })
}
