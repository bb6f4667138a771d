/** Labs on an engine, by their containers' labels: list, remove, and reap what a dead owner left. Nothing without our labels is ever touched. */
import type Docker from 'dockerode'
import { inParallel } from './containers.ts'
import { ownerState } from './owner.ts'
import { LABELS } from './protocol.ts'

export interface RunningLab {
  readonly id: string
  /** `host/pid/start-time`, or `none` for a lab that was left running on purpose. */
  readonly owner: string
  readonly ownerState: 'alive' | 'dead' | 'kept' | 'unknown'
  readonly containers: readonly LabContainer[]
}

export interface LabContainer {
  readonly id: string
  readonly device: string
  /** Docker's word: `running`, `exited`, `created`… */
  readonly state: string
}

/** Every lab that has a container on the engine. */
export async function listLabs(docker: Docker): Promise<readonly RunningLab[]> {
  const labs = new Map<string, { owner: string; containers: LabContainer[] }>()
  for (const info of await docker.listContainers({ all: true, filters: { label: [LABELS.project, LABELS.lab] } })) {
    const id = info.Labels[LABELS.lab]
    if (id === undefined) continue
    const lab = labs.get(id) ?? { owner: info.Labels[LABELS.owner] ?? '', containers: [] }
    labs.set(id, lab)
    lab.containers.push({ id: info.Id, device: info.Labels[LABELS.device] ?? '', state: info.State })
  }
  return [...labs].map(([id, lab]) => ({ id, owner: lab.owner, ownerState: ownerState(lab.owner), containers: lab.containers }))
}

/** Removes every container of one lab; answers how many there were. */
export async function removeLab(docker: Docker, id: string): Promise<number> {
  const found = await docker.listContainers({ all: true, filters: { label: [`${LABELS.lab}=${id}`] } })
  await removeContainers(
    docker,
    found.map((info) => info.Id),
  )
  return found.length
}

/** Removes the labs whose owner ran on this host and is dead; answers their IDs. Kept labs and those of other hosts stay. */
export async function reapDeadLabs(docker: Docker): Promise<readonly string[]> {
  const dead = (await listLabs(docker)).filter((lab) => lab.ownerState === 'dead')
  for (const lab of dead) await removeLab(docker, lab.id)
  return dead.map((lab) => lab.id)
}

/** Removes every lab, whoever owns it (`peerlab down --all`); answers their IDs. */
export async function removeAllLabs(docker: Docker): Promise<readonly string[]> {
  const labs = await listLabs(docker)
  for (const lab of labs) await removeLab(docker, lab.id)
  return labs.map((lab) => lab.id)
}

async function removeContainers(docker: Docker, ids: readonly string[]): Promise<void> {
  await inParallel(ids, 8, async (id) => {
    const container = docker.getContainer(id)
    try {
      await container.remove({ force: true, v: true })
    } catch (error) {
      // 404: gone already. 409: somebody else is removing it; wait for that.
      const status = (error as { statusCode?: number }).statusCode
      if (status === 409) await container.wait({ condition: 'removed' }).catch(() => undefined)
      else if (status !== 404) throw error
    }
  })
}
