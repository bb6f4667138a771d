import { describe, expect, it } from 'vitest'
import { SECOND, type Session } from '../../src/model/index.ts'
import { type Body, type ExecuteOptions, execute, scenario } from '../../src/scenario/index.ts'
import { FakeLab, session } from './fake-lab.ts'

const GATEWAY = '/apis/networking.gke.io/v1alpha1/namespaces/cluster-bm/anthosnetworkgateways/default'
const SESSION = { kind: 'BGPSession', name: '10.8.0.10-node-04', namespace: 'kube-system' }

async function run(lab: FakeLab, body: Body, script: () => Promise<void> = async () => {}, options: ExecuteOptions = {}) {
  const done = execute(scenario('test', { topology: 'shared-peers' }, body), lab, { alarm: lab.alarm, ...options })
  const [executed] = await Promise.all([done, script()])
  return executed
}

/** An object of the API comes to look like this. */
function tell(lab: FakeLab, about: { readonly kind: string; readonly name: string; readonly namespace: string }, status?: unknown) {
  const metadata = { name: about.name, namespace: about.namespace, uid: 'u', generation: 1 }
  lab.emit({ type: 'resource', ...about, ...(status === undefined ? {} : { object: { metadata, spec: { peerASN: 65002 }, status } }) })
}

const refusal = (field: string) => ({
  status: 422,
  body: {
    kind: 'Status',
    reason: 'Invalid',
    message: `Cluster "bm" is invalid: ${field}: Forbidden: cannot change`,
    details: { causes: [{ field, reason: 'FieldValueForbidden', message: 'Forbidden: cannot change' }] },
  },
})

describe('edits in a scenario', () => {
  it('R30: go to the resource API as merge patches, documents and deletions, and are moments in the record', async () => {
    const lab = new FakeLab()
    lab.answer = ({ method }) => ({
      status: 200,
      body: method === 'DELETE' ? {} : { metadata: { name: 'default', uid: 'u', generation: 2 } },
    })
    const { verdict } = await run(lab, async ({ lab: { cluster }, expect: sure }) => {
      const edited = await cluster.edit('AnthosNetworkGateway', 'default', { spec: { floatingIPs: ['10.0.1.100'] } })
      sure.that('it answers when, and the object', edited.at === lab.now() && edited.object?.metadata.generation === 2)
      await cluster.apply('apiVersion: v1\nkind: Service\nmetadata: { name: late }\nspec: { type: LoadBalancer }\n')
      await cluster.delete('BGPSession', SESSION.name)
    })
    expect(verdict).toBe('passed')
    const late = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'late', namespace: 'default' }, spec: { type: 'LoadBalancer' } }
    expect(lab.asked).toEqual([
      { method: 'PATCH', path: GATEWAY, contentType: 'application/merge-patch+json', body: { spec: { floatingIPs: ['10.0.1.100'] } } },
      {
        method: 'PATCH',
        path: '/api/v1/namespaces/default/services/late?fieldManager=scenario&force=true',
        contentType: 'application/apply-patch+yaml',
        body: late,
      },
      { method: 'DELETE', path: `/apis/networking.gke.io/v1alpha1/namespaces/kube-system/bgpsessions/${SESSION.name}` },
    ])
    expect(lab.events.all.filter((event) => event.type === 'fault')).toMatchObject([
      { device: 'admin', fault: 'edit', detail: 'edit AnthosNetworkGateway cluster-bm/default' },
      { detail: 'apply Service default/late' },
      { detail: `delete BGPSession kube-system/${SESSION.name}` },
    ])
  })

  it('end the scenario with the API’s words where one is refused unexpectedly, or the kind is unknown', async () => {
    const lab = new FakeLab()
    lab.answer = () => refusal('spec.x')
    const refused = await run(lab, async ({ lab: { cluster } }) => {
      await cluster.edit('Cluster', 'bm', {})
    })
    expect(refused.verdict).toBe('error')
    expect(refused.problems[0]).toContain('Cluster cluster-bm/bm: the API refused: 422 Cluster "bm" is invalid: spec.x: Forbidden')
    const unknown = await run(new FakeLab(), async ({ lab: { cluster } }) => {
      await cluster.edit('BGPSesion', 'a', {})
    })
    expect(unknown.problems[0]).toMatch(/there is no kind BGPSesion; there are .*did you mean BGPSession\?/)
    const two = await run(new FakeLab(), async ({ lab: { cluster } }) => {
      await cluster.apply('a: 1\n---\nb: 2\n')
    })
    expect(two.problems[0]).toContain('apply() takes one document')
  })

  it('are left out where a negative control leaves edits out', async () => {
    const lab = new FakeLab()
    const control = { name: 'nothing is edited', mustFail: [], leaveOut: ['edit'] } as const
    await run(
      lab,
      async ({ lab: { cluster } }) => {
        expect(await cluster.edit('AnthosNetworkGateway', 'default', {})).toEqual({ at: lab.now(), device: 'admin' })
      },
      undefined,
      { control },
    )
    expect(lab.asked).toEqual([])
  })

  it('R14: that must be refused are really tried, and held against the field that the answer names', async () => {
    const lab = new FakeLab()
    const edit = { kind: 'Cluster', name: 'bm', patch: { spec: { loadBalancer: { localASN: 1 } } } }
    const field = 'spec.loadBalancer.localASN'
    const asked = (answer: FakeLab['answer']) => {
      lab.answer = answer
      return run(lab, async ({ lab: { cluster }, expect: sure }) => {
        await sure(cluster).toRefuse(edit, { field })
      })
    }
    expect((await asked(() => refusal(field))).assertions).toMatchObject([
      { name: 'the API refuses another spec.loadBalancer.localASN of Cluster cluster-bm/bm', holds: true },
    ])
    expect((await asked(() => refusal('spec.other'))).assertions).toMatchObject([
      { holds: false, message: expect.stringContaining('spec.other') },
    ])
    const accepted = await asked(() => ({ status: 200, body: {} }))
    expect(accepted.assertions).toMatchObject([
      { holds: false, differences: [{ rows: [{ expected: `422, for ${field}`, seen: 'accepted' }] }] },
    ])
    expect(lab.asked).toHaveLength(3)
  })
})

describe('a resource', () => {
  it('R36: is waited for by the event stream, what it shows compared part by part', async () => {
    const lab = new FakeLab()
    tell(lab, SESSION, { state: 'Idle', advertisedRoutes: [] })
    const { assertions, verdict } = await run(
      lab,
      async ({ lab: { cluster }, expect: sure, now }) => {
        const resource = cluster.resource('BGPSession', SESSION.name)
        const since = now()
        await sure(resource).toShow({ status: { state: 'Established', advertisedRoutes: ['10.0.0.1/32'] } }, { since, within: '5s' })
        await sure(resource).toShow({ spec: { peerASN: 65002 }, status: { state: /^Est/ } }, { within: '1s' })
        await sure(resource).toBeGone({ since, within: '5s' })
      },
      async () => {
        await lab.advance(SECOND)
        tell(lab, SESSION, { state: 'Established', advertisedRoutes: [] })
        await lab.advance(SECOND)
        tell(lab, SESSION, { state: 'Established', advertisedRoutes: ['10.0.0.1/32'] })
        await lab.advance(SECOND)
        tell(lab, SESSION)
      },
    )
    expect(verdict).toBe('passed')
    expect(assertions.map((each) => [each.name, each.timeToHold])).toEqual([
      ['BGPSession kube-system/10.8.0.10-node-04 shows status.state Established, status.advertisedRoutes ["10.0.0.1/32"]', 2 * SECOND],
      ['BGPSession kube-system/10.8.0.10-node-04 shows spec.peerASN 65002, status.state /^Est/', 0],
      ['BGPSession kube-system/10.8.0.10-node-04 is gone', 3 * SECOND],
    ])
  })

  it('fails with each part that differs, and since when; in lists of objects too', async () => {
    const lab = new FakeLab()
    const gateway = { kind: 'AnthosNetworkGateway', name: 'default', namespace: 'cluster-bm' }
    tell(lab, gateway, { floatingIPs: [{ address: '10.0.1.100', phase: 'Unassigned' }] })
    await lab.advance(2 * SECOND)
    const { assertions } = await run(
      lab,
      async ({ lab: { cluster }, expect: sure }) => {
        const status = { floatingIPs: [{ address: '10.0.1.100', phase: 'Assigned' }, { address: /^10\./ }] }
        await sure(cluster.resource('AnthosNetworkGateway', 'default')).toShow({ status }, { within: '3s' })
      },
      () => lab.advance(4 * SECOND),
    )
    expect(assertions[0]?.differences[0]?.rows).toEqual([
      { what: 'status.floatingIPs[0].address', expected: '10.0.1.100', seen: '10.0.1.100', ok: true },
      { what: 'status.floatingIPs[0].phase', expected: 'Assigned', seen: 'Unassigned', ok: false, since: 100 * SECOND },
      { what: 'status.floatingIPs[1].address', expected: '/^10\\./', seen: 'absent', ok: false },
      { what: 'status.floatingIPs.length', expected: '2', seen: '1', ok: false, since: 100 * SECOND },
    ])
  })

  it('is read afresh where nothing is waited for', async () => {
    const lab = new FakeLab()
    tell(lab, SESSION, { state: 'Idle', advertisedRoutes: [] })
    lab.answer = () => ({
      status: 200,
      body: { metadata: { name: SESSION.name, uid: 'u', generation: 1 }, status: { state: 'Established' } },
    })
    const { verdict } = await run(lab, async ({ lab: { cluster }, expect: sure }) => {
      await sure(cluster.resource('BGPSession', SESSION.name)).toShow({ status: { state: 'Established' } })
      lab.answer = () => ({ status: 404, body: {} })
      await sure(cluster.resource('BGPSession', SESSION.name)).toBeGone()
    })
    expect(verdict).toBe('passed')
  })
})

describe('kept sessions', () => {
  const up = (peer: string, more: Partial<Session> = {}): Session => ({
    ...session('tor1', peer, 'Established'),
    upSince: 90 * SECOND,
    ...more,
  })

  async function judge(fresh: Session[], but: readonly string[] = []) {
    const lab = new FakeLab()
    lab.session('tor1', '10.0.1.100', 'Established')
    lab.session('tor1', '10.0.2.100', 'Established')
    lab.session('tor1', '10.0.1.101', 'Idle', 0)
    await lab.advance(5 * SECOND)
    const since = lab.now()
    await lab.advance(5 * SECOND)
    lab.fresh = { sessions: fresh }
    const { assertions } = await run(lab, async ({ lab: scene, expect: sure }) => {
      await sure(scene.routers.tor1).toHaveKeptSessions({ since, but })
    })
    const [{ holds, code, name, differences }] = assertions as [(typeof assertions)[number]]
    return {
      holds,
      code,
      name,
      rows: differences.flatMap((each) => each.rows.filter((row) => !row.ok).map((row) => `${each.subject}: ${row.what} ${row.seen}`)),
    }
  }

  it('R30: hold where the router has set none up again and its own uptimes began before', async () => {
    expect(await judge([up('10.0.1.100'), up('10.0.2.100')])).toEqual({
      holds: true,
      name: 'tor1 has kept every session',
      rows: [],
      code: undefined,
    })
  })

  it('R30: fail by the count, by the uptime alone, by a session that is down or gone', async () => {
    expect((await judge([up('10.0.1.100', { establishedCount: 2 }), up('10.0.2.100')])).rows).toEqual([
      'session with 10.0.1.100 at tor1: times set up 2',
    ])
    expect((await judge([up('10.0.1.100'), up('10.0.2.100', { upSince: 107 * SECOND })])).rows).toEqual([
      'session with 10.0.2.100 at tor1: up since, by its own uptime 2.0 s after',
    ])
    const { upSince: _, ...silent } = up('10.0.1.100')
    expect((await judge([silent, up('10.0.2.100')])).rows).toEqual([
      'session with 10.0.1.100 at tor1: up since, by its own uptime not told',
    ])
    expect((await judge([up('10.0.1.100', { state: 'Idle' })])).rows).toEqual([
      'session with 10.0.1.100 at tor1: state Idle',
      'session with 10.0.2.100 at tor1: state no such session',
    ])
  })

  it('R30: leave out those that the edit was about, and ask for at least one', async () => {
    expect(await judge([up('10.0.2.100')], ['10.0.1.100'])).toMatchObject({
      holds: true,
      name: 'tor1 has kept every session but those with 10.0.1.100',
    })
    expect(await judge([], ['10.0.1.100', '10.0.2.100'])).toMatchObject({ holds: false, code: 'vacuous' })
  })
})

describe('a session that is to be gone', () => {
  it('is told by the event stream', async () => {
    const lab = new FakeLab()
    lab.session('tor1', '10.0.1.100', 'Established')
    const { assertions } = await run(
      lab,
      async ({ lab: scene, expect: sure, now }) => {
        await sure(scene.routers.tor1).toHaveNoSession('10.0.1.100', { since: now(), within: '3s' })
        await sure(scene.routers.tor1).toHaveNoSession('10.0.1.100', { since: now(), within: '3s', name: 'vacuous' })
      },
      async () => {
        await lab.advance(SECOND)
        lab.session('tor1', '10.0.1.100', 'Idle')
      },
    )
    expect(assertions.map((each) => [each.holds, each.code ?? each.timeToHold])).toEqual([
      [true, SECOND],
      [false, 'vacuous'],
    ])
  })
})
