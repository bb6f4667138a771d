/** A process of its own that brings a lab up, says so, and waits to be killed. Its argument is the lab's id. */
import { createDockerLab } from '../../src/engine/docker/index.ts'
import { testEngine } from './support.ts'
import { tinyPlan } from './tiny-plan.ts'

const { docker, images } = await testEngine()
await createDockerLab(docker, images, tinyPlan(), { id: process.argv[2]! })
process.stdout.write('up\n')
setInterval(() => undefined, 60_000)
