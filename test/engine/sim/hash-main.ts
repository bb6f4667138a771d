/** Prints the hash of one run's event log: as a process of its own, or as a worker. `node … hash-main.ts SCENARIO SEED` */
import { parentPort, workerData } from 'node:worker_threads'
import { hashOf, runInSimulator } from './run.ts'

const [name, seed] = (workerData as [string, string] | null) ?? process.argv.slice(2)
const ran = await runInSimulator({ names: [name ?? ''], ...(seed === undefined ? {} : { seed }) })
const said = ran.map(({ result, events }) => `${result.name} ${result.verdict} ${events.length} ${hashOf(events)}`).join('\n')
if (parentPort === null) process.stdout.write(said)
else parentPort.postMessage(said)
