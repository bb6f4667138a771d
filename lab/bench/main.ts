/**
 * `npm run bench -- SUBJECT [options]`: measurements that compare, one command for each subject. Never part of a test: how fast a machine is
 * says nothing about whether the code is right.
 */
import { simBench } from './sim/command.ts'
import { speakerBench } from './speaker/command.ts'

const [subject, ...options] = process.argv.slice(2)
if (subject === 'speaker') process.exitCode = await speakerBench(options)
else if (subject === 'sim') process.exitCode = await simBench(options)
else {
  console.error(`npm run bench -- speaker|sim [options]${subject === undefined ? '' : `; ${JSON.stringify(subject)} is not known`}`)
  process.exitCode = 2
}
