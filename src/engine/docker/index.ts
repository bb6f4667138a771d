/**
 * engine/docker: a lab of real routers in containers.
 *
 * One container per device, on no network of Docker's, wired by one helper container; programs of ours in each, spoken to in JSON lines.
 * Refuses: everything that a Plan does not say, and containers without its labels. Imports model, net, topology and engine/lab.ts; never engine/sim.
 */
export { listLabs, type RunningLab, reapDeadLabs, removeAllLabs, removeLab } from './cleanup.ts'
export { connectEngine, type Engine, type EngineFailure } from './client.ts'
export type { Failure } from './failure.ts'
export { requireImages } from './images/require.ts'
export { attachLab, type Capture, createDockerLab, type DockerLab, type DockerLabOptions, type Progress } from './lab.ts'
