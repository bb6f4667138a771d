import type { Lab } from '../engine/lab.ts'
import { nearest } from '../model/index.ts'
import { Ending, EXIT } from './exit.ts'

/** The lab's routers of these names, or all of them; ends with 4 where there is none of a name. */
export function chosenRouters(lab: Pick<Lab, 'id' | 'plan'>, names: readonly string[]): readonly string[] {
  const all = lab.plan.routers.map((router) => router.name)
  for (const name of names) {
    if (all.includes(name)) continue
    const meant = nearest(name, all)
    throw new Ending(
      EXIT.nothing,
      `${lab.id} has no router ${name}`,
      meant === undefined ? `there are: ${all.join(', ')}` : `did you mean ${meant}?`,
    )
  }
  return names.length > 0 ? names : all
}
