/**
 * `npm run bench -- SUBJECT [options]`: measurements that compare, one command for each subject. Never part of a test: how fast a machine is
 * says nothing about whether the code is right.
 */
import { speakerBench } from './speaker/command.ts'

const [subject, ...options] = process.argv.slice(2)
if (subject === 'speaker') process.exitCode = await speakerBench(options)
else {
  console.error(`npm run bench -- speaker [options]${subject === undefined ? '' : `; ${JSON.stringify(subject)} is not known`}`)
  process.exitCode = 2
}
