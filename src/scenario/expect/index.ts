/** What a scenario asserts: sentences over routers, floating IPs and traffic, each of them one condition and a way to wait for it. */
import { ClusterHandle, ResourceHandle } from '../cluster.ts'
import { ScenarioError } from '../errors.ts'
import { FloatingIpHandle, NodeHandle, ProbeHandle, type RouterHandle, type Scene } from '../handles.ts'
import { ProgramHandle } from '../programs.ts'
import { held } from '../wait.ts'
import { ClusterExpect, ResourceExpect } from './cluster.ts'
import { FloatingIpAlways, FloatingIpExpect } from './floating-ip.ts'
import { NodeAlways, NodeExpect } from './node.ts'
import { RouterAlways, RouterExpect, RouterNever } from './router.ts'
import { ProbeExpect, ProgramExpect } from './traffic.ts'

export interface Expect {
  (router: RouterHandle): RouterExpect
  (floatingIp: FloatingIpHandle): FloatingIpExpect
  (node: NodeHandle): NodeExpect
  (probe: ProbeHandle): ProbeExpect
  (program: ProgramHandle): ProgramExpect
  (resource: ResourceHandle): ResourceExpect
  (cluster: ClusterHandle): ClusterExpect
  /** `const { tor1 } = lab.routers` is possibly `undefined` to a strict compiler; at run time an unknown name has thrown before. */
  (router: RouterHandle | undefined): RouterExpect
  /** Over something already known: a measurement, a share. `seen` says what was there, should it fail. */
  that(name: string, holds: boolean, seen?: string): void
  always(floatingIp: FloatingIpHandle): FloatingIpAlways
  always(node: NodeHandle): NodeAlways
  always(router: RouterHandle | undefined): RouterAlways
  never(router: RouterHandle | undefined): RouterNever
}

export function expectOf(scene: Scene): Expect {
  const { run } = scene
  const nameOf = (router: RouterHandle | undefined) => {
    if (router === undefined) throw new ScenarioError('expect() was given no router')
    return router.name
  }
  type Subject = RouterHandle | NodeHandle | FloatingIpHandle | ProbeHandle | ProgramHandle | ResourceHandle | ClusterHandle | undefined
  function expect(subject: Subject) {
    if (subject instanceof NodeHandle) return new NodeExpect(run, subject.name)
    if (subject instanceof FloatingIpHandle) return new FloatingIpExpect(scene, subject.address)
    if (subject instanceof ProgramHandle) return new ProgramExpect(run, subject)
    if (subject instanceof ProbeHandle) return new ProbeExpect(run, subject)
    if (subject instanceof ResourceHandle) return new ResourceExpect(run, subject)
    if (subject instanceof ClusterHandle) return new ClusterExpect(run)
    return new RouterExpect(run, nameOf(subject))
  }
  return Object.assign(expect, {
    that(name: string, holds: boolean, seen?: string) {
      const at = run.lab.now()
      const message = seen ?? 'does not hold'
      run.assertNow(name, holds ? held(at, at) : { holds: false, code: 'does-not-hold', message, at, reference: at, differences: [] })
    },
    always(subject: RouterHandle | NodeHandle | FloatingIpHandle | undefined) {
      if (subject instanceof NodeHandle) return new NodeAlways(run, subject.name)
      return subject instanceof FloatingIpHandle ? new FloatingIpAlways(run, subject.address) : new RouterAlways(run, nameOf(subject))
    },
    never: (router: RouterHandle | undefined) => new RouterNever(run, nameOf(router)),
  }) as Expect
}
