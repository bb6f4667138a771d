/** Does a failure to a simulated lab, and undoes it. */
import { objectPath } from '../../../cluster/api/index.ts'
import { NETWORK_GATEWAY } from '../../../cluster/api/kinds.ts'
import { type Failure, isMapping, type Micros, SECOND } from '../../../model/index.ts'
import type { Simulation } from '../simulation.ts'

/** What came of it. */
export interface Outcome {
  done(): void
  refused(why: string): void
}

/** An edit that could not be made is tried again: the way to the API may be part of what is being repaired. */
const ATTEMPTS = 6
const AGAIN: Micros = 10 * SECOND

export function inject(simulation: Simulation, failures: readonly Failure[], outcome: Outcome): void {
  const gone = failures.flatMap((each) => (each.kind === 'floating-ip' ? (each.address ?? []) : []))
  const others = failures.filter((each) => each.kind !== 'floating-ip')
  const then = () => together(others, (failure, told) => break_(simulation, failure, told), outcome)
  if (gone.length === 0) {
    then()
    return
  }
  const left = simulation.plan.cluster.model.floatingIPs.filter((address) => !gone.includes(address))
  setFloatingIPs(simulation, left, 1, { done: then, refused: outcome.refused })
}

/** What somebody has to do: a session comes back by itself. */
export function repair(simulation: Simulation, failures: readonly Failure[], outcome: Outcome): void {
  const { floatingIPs } = simulation.plan.cluster.model
  const edited = failures.some((each) => each.kind === 'floating-ip')
  const others = failures.filter((each) => each.kind !== 'floating-ip' && each.kind !== 'session')
  const then = () => (edited ? setFloatingIPs(simulation, floatingIPs, ATTEMPTS, outcome) : outcome.done())
  together(others, (failure, told) => mend(simulation, failure, told), { ...outcome, done: then })
}

/** All at one moment. */
function together(failures: readonly Failure[], act: (failure: Failure, told: Outcome) => void, outcome: Outcome): void {
  let left = failures.length
  if (left === 0) outcome.done()
  for (const failure of failures)
    act(failure, {
      done: () => {
        if (--left === 0) outcome.done()
      },
      refused: outcome.refused,
    })
}

function break_(simulation: Simulation, { kind, device, interface: name, address }: Failure, { done, refused }: Outcome): void {
  const told = { done, failed: (error: Error) => refused(error.message) }
  if (kind === 'link') simulation.setInterface(device, name!, false, told)
  else if (kind === 'session') simulation.reset(device, address!, told)
  else simulation.powerOff(device, told)
}

function mend(simulation: Simulation, { kind, device, interface: name }: Failure, { done, refused }: Outcome): void {
  const told = { done, failed: (error: Error) => refused(error.message) }
  if (kind === 'link') simulation.setInterface(device, name!, true, told)
  else simulation.powerOn(device, told)
}

/** As the owner of the gateway does it (R19). */
function setFloatingIPs(simulation: Simulation, addresses: readonly string[], attempts: number, outcome: Outcome): void {
  const { namespace } = simulation.plan.cluster
  const request = {
    method: 'PATCH' as const,
    path: objectPath(NETWORK_GATEWAY, 'default', namespace),
    contentType: 'application/merge-patch+json',
    body: { spec: { floatingIPs: addresses } },
  }
  const again = (why: string) => {
    if (attempts <= 1) outcome.refused(why)
    else simulation.queue.schedule(AGAIN, () => setFloatingIPs(simulation, addresses, attempts - 1, outcome))
  }
  simulation.request(
    request,
    ({ status, body }) => {
      if (status < 300) outcome.done()
      else outcome.refused(`the API refuses it (${status}): ${messageOf(body)}`)
    },
    (error) => again(error.message),
  )
}

function messageOf(body: unknown): string {
  return isMapping(body) && typeof body.message === 'string' ? body.message : JSON.stringify(body)
}
