import { describe, expect, it } from 'vitest'
import { POD, type Pod, type ResourceType, type Result, SYSTEM_NAMESPACE } from '../../src/cluster/api/index.ts'
import { readPodLog } from '../../src/cluster/api/pod-logs.ts'
import { tableOf } from '../../src/cluster/api/table.ts'
import { SECOND } from '../../src/model/index.ts'
import { MemoryLab, TORS } from './lab-in-memory.ts'

const NAME = 'bgpadvertiser-node-01'

/** A control-plane node, or more, and two that take traffic. */
function podLab(...more: readonly string[]): MemoryLab {
  const node = (name: string, address: string, controlPlane: boolean) => ({ name, address, controlPlane, loadBalancer: !controlPlane })
  const cpNodes = ['10.0.1.10', ...more]
  const planes = cpNodes.map((address, index) => node(`node-0${index + 1}`, address, true))
  const nodes = [...planes, node('node-04', '10.0.1.14', false), node('node-06', '10.0.2.16', false)]
  const cpPeers = Object.values(TORS).map((ip) => ({ ip, asn: 65002 }))
  const lab = new MemoryLab({ apiAtVip: true, cluster: { nodes, cpNodes, cpPeers, floatingIPs: ['10.0.1.100'] } })
  lab.until('every session', () => lab.established() === 4 + 2 * more.length, 20 * SECOND)
  lab.run(SECOND)
  return lab
}

const podOf = (lab: MemoryLab) => lab.plane.store.get(POD, NAME, SYSTEM_NAMESPACE) as Pod

/** What `kubectl get pods` shows: READY, STATUS and RESTARTS. */
const shown = (lab: MemoryLab) => {
  const request = { apiVersion: 'meta.k8s.io/v1', include: 'None' } as const
  const { rows } = tableOf(POD as ResourceType, [podOf(lab)], request, '1', lab.worlds.get('admin')!.clock.wallTime())
  return rows[0]!.cells.slice(1, 4).join(' ')
}

/** What the API answers to `kubectl logs`, asked of the node in band. */
function logOf(lab: MemoryLab, query: Record<string, string> = {}): Result<string> {
  let answer: Result<string> | undefined
  const target = { group: '', version: 'v1', plural: 'pods', namespace: SYSTEM_NAMESPACE, name: NAME, subresource: 'log', query }
  readPodLog(lab.worlds.get('admin')!, lab.plane.store, target, (log) => {
    answer = log
  })
  lab.run(6 * SECOND)
  return answer!
}

const linesOf = (lab: MemoryLab, query?: Record<string, string>) => {
  const log = logOf(lab, query)
  return log.ok ? log.value.trimEnd().split('\n') : [log.error.message]
}

describe('a control-plane node’s speaker', () => {
  it('R15: is a static Pod of the API, Running once its node has told', () => {
    const lab = podLab()
    expect(podOf(lab)).toMatchObject({
      spec: { nodeName: 'node-01', hostNetwork: true, containers: [{ name: 'bgpadvertiser' }] },
      status: { phase: 'Running', podIP: '10.0.1.10', containerStatuses: [{ ready: true, restartCount: 0 }] },
    })
    expect(lab.plane.store.list(POD).items).toHaveLength(1)
    lab.universe.powerOff('node-01')
    lab.run(SECOND)
    lab.startAgent('node-01')
    lab.until('it runs again', () => podOf(lab).status?.containerStatuses?.[0]?.restartCount === 1, 10 * SECOND)
  })

  it('R15: has a log, which its node answers: the peers’ states, and what they were sent', () => {
    const lab = podLab()
    const lines = linesOf(lab)
    expect(lines.find((line) => line.includes('state changed Key=10.8.0.10') && line.includes('new=BGP_FSM_ESTABLISHED'))).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ state changed/,
    )
    expect(lines.some((line) => /sent update Key=10\.8\.0\.11 \{Nexthop: 10\.0\.1\.10\} nlri=".*10\.0\.0\.8\/32/.test(line))).toBe(true)
    expect(linesOf(lab, { tailLines: '2', container: 'bgpadvertiser' })).toHaveLength(2)
    expect(linesOf(lab, { container: 'x' })).toEqual(['container x is not valid for pod bgpadvertiser-node-01'])
    expect(linesOf(lab, { follow: 'true' })[0]).toMatch(/--tail.*follow is not supported/)
    expect(linesOf(lab, { tailLines: '-1' })[0]).toMatch(/must be greater than or equal to 0/)
    expect(linesOf(lab, { previous: 'true' })[0]).toMatch(/previous terminated container/)
  })

  it('R15: needs no API for it: the log goes on while the API is away, and of a node that is silent nobody reads it', () => {
    const lab = podLab()
    lab.plane.stopServing()
    const before = linesOf(lab).length
    lab.run(20 * SECOND)
    expect(linesOf(lab).length).toBeGreaterThan(before)
    lab.universe.powerOff('node-01')
    expect(linesOf(lab)).toEqual([
      expect.stringMatching(
        /^Get "http:\/\/10\.0\.1\.10:10250\/containerLogs\/kube-system\/bgpadvertiser-node-01\/bgpadvertiser": timeout: no answer from 10\.0\.1\.10:10250 within \d+\.\d s$/,
      ),
    ])
  })

  it('R15: is not Ready once its node fell silent, and is again with it: be it that the node is heard again, or that it starts anew', () => {
    // The others reach the API through the second one.
    const lab = podLab('10.0.2.11')
    expect(shown(lab)).toBe('1/1 Running 0')
    const { startTime } = podOf(lab).status!
    lab.isolateFromApi('node-01')
    lab.until('it is not Ready', () => shown(lab) === '0/1 NodeLost 0', 6 * SECOND)
    const message = 'Node node-01 which was running pod bgpadvertiser-node-01 is unresponsive'
    expect(podOf(lab).status).toMatchObject({
      message,
      startTime,
      conditions: ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'False', reason: 'NodeLost', message })),
    })
    lab.rejoinApi('node-01')
    lab.until('it is Ready again', () => shown(lab) === '1/1 Running 0', 6 * SECOND)
    expect(podOf(lab).status?.message).toBeUndefined()
    expect(podOf(lab).status?.conditions?.map(({ status }) => status)).toEqual(['True', 'True'])

    lab.universe.powerOff('node-01')
    lab.until('its machine is missed', () => shown(lab) === '0/1 NodeLost 0', 6 * SECOND)
    lab.startAgent('node-01')
    lab.until('it runs again', () => shown(lab) === '1/1 Running 1', 10 * SECOND)
    lab.run(5 * SECOND)
    expect(shown(lab)).toBe('1/1 Running 1')
  })

  it('R15: is told again to an API that lost all it knew, with as many restarts as before', () => {
    const lab = podLab('10.0.2.11')
    lab.universe.powerOff('node-01')
    lab.run(5 * SECOND)
    lab.startAgent('node-01')
    lab.until('it runs again', () => shown(lab) === '1/1 Running 1', 10 * SECOND)
    lab.universe.powerOff('admin')
    lab.run(5 * SECOND)
    lab.startAdmin()
    lab.until('it is told again', () => shown(lab) === '1/1 Running 1', 20 * SECOND)
    lab.run(10 * SECOND)
    expect(shown(lab)).toBe('1/1 Running 1')
  })

  it('R15: of a node that was never heard stays Pending', () => {
    const lab = podLab()
    lab.universe.powerOff('admin')
    lab.universe.powerOff('node-01')
    lab.startAdmin()
    lab.run(20 * SECOND)
    expect(shown(lab)).toBe('0/1 Pending 0')
  })

  it('is not made, changed or deleted by anybody else', () => {
    const { store } = podLab().plane
    const pod = store.get(POD, NAME, SYSTEM_NAMESPACE) as Pod
    const own = { ...pod.spec!, nodeName: 'node-04' }
    expect(store.update(POD, { metadata: pod.metadata, spec: own })).toMatchObject({ ok: false, error: { code: 'forbidden' } })
    expect(store.delete(POD, NAME, SYSTEM_NAMESPACE)).toMatchObject({ ok: false, error: { code: 'forbidden' } })
    expect(store.create(POD, { metadata: { name: 'mine', namespace: 'default' } })).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    })
  })
})
