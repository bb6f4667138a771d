import { beforeEach, describe, expect, it } from 'vitest'
import { RESOURCE_TYPES } from '../../../src/cluster/api/index.ts'
import { unknownFields } from '../../../src/cluster/api/openapi/index.ts'
import { toWire } from '../../../src/cluster/api/wire.ts'
import { SECOND } from '../../../src/model/index.ts'
import { MemoryLab } from '../lab-in-memory.ts'
import { AS_TABLE, apiInMemory, GATEWAY, MERGE, SERVICES } from './api-in-memory.ts'

let api: ReturnType<typeof apiInMemory>
beforeEach(() => {
  api = apiInMemory()
})

const service = (more: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'shop' },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...more },
})
const CLUSTER_PATH = '/apis/baremetal.cluster.gke.io/v1/namespaces/cluster-small/clusters/small'

describe('what the API says of itself', () => {
  it('names its groups, versions and kinds, with the verbs and short names that kubectl looks for', () => {
    const { body } = api.ask('GET', '/apis/networking.gke.io/v1alpha1')
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'networking.gke.io/v1alpha1' })
    expect(body.resources).toContainEqual({
      name: 'floatingips',
      singularName: 'floatingip',
      namespaced: true,
      kind: 'FloatingIP',
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['fip'],
      categories: ['all'],
    })
    expect(api.ask('GET', '/api').body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    expect(api.ask('GET', '/apis').body.groups).toHaveLength(4)
  })

  it('shows Endpoints and EndpointSlices as Kubernetes has them, and lets nobody write them', () => {
    api.ask('POST', SERVICES, service({ ports: [{ name: 'http', port: 80, targetPort: 8080 }], endpoints: ['10.0.1.14', '10.0.2.16'] }))
    const path = '/api/v1/namespaces/default/endpoints'
    const one = api.ask('GET', `${path}/shop`).body
    expect(one).toMatchObject({
      kind: 'Endpoints',
      metadata: { name: 'shop' },
      subsets: [{ addresses: [{ ip: '10.0.1.14' }, { ip: '10.0.2.16' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }],
    })
    const { rows } = api.ask('GET', path, undefined, AS_TABLE).body as never as { rows: { cells: unknown[] }[] }
    expect(rows.map((row) => row.cells[1])).toContain('10.0.1.14:8080,10.0.2.16:8080')
    const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
    expect(api.ask('GET', `${slices}?labelSelector=kubernetes.io%2Fservice-name%3Dshop`).body.items).toMatchObject([
      { metadata: { name: 'shop-ipv4' }, addressType: 'IPv4', ports: [{ name: 'http', port: 8080 }] },
    ])
    for (const [method, where, body] of [
      ['POST', path, one],
      ['PUT', `${path}/shop`, one],
      ['PATCH', `${path}/shop`, { subsets: [] }],
      ['DELETE', `${path}/shop`, undefined],
    ] as const)
      expect(api.ask(method, where, body, MERGE)).toMatchObject({
        status: 405,
        body: { reason: 'MethodNotAllowed', message: expect.stringContaining('edit spec.endpoints') },
      })
    const { resources } = api.ask('GET', '/api/v1').body as never as { resources: { name: string; verbs: string[] }[] }
    expect(resources.find((each) => each.name === 'endpoints')?.verbs).toEqual(['get', 'list', 'watch'])
  })

  it('publishes a schema of every kind that there is an object of, with the keys by which lists are merged', () => {
    const { definitions } = api.ask('GET', '/openapi/v2').body as never as { definitions: Record<string, { properties: never }> }
    const kinds = Object.keys(definitions).map((name) => name.split('.').at(-1))
    expect(kinds.sort()).toEqual(
      [
        ...[
          'AnthosNetworkGateway',
          'BGPAdvertisedRoute',
          'BGPLoadBalancer',
          'BGPSession',
          'Cluster',
          'Endpoints',
          'EndpointSlice',
          'Event',
        ],
        ...['FloatingIP', 'Lease', 'LoadBalancerNode', 'Namespace', 'Node', 'NodePool', 'Pod', 'Service'],
      ].sort(),
    )
    expect(definitions['io.k8s.api.core.v1.Service']).toMatchObject({
      properties: { spec: { properties: { ports: { 'x-kubernetes-patch-merge-key': 'port' } } } },
    })
  })
})

describe('schemas', () => {
  it.each([true, false])(
    'know every field of the objects that there are in a lab, so that kubectl edit takes them back (all ready: %s)',
    (ready) => {
      const lab = new MemoryLab()
      lab.converge()
      if (!ready) {
        lab.universe.powerOff('node-04')
        lab.run(10 * SECOND)
      }
      const { store } = lab.plane
      for (const type of RESOURCE_TYPES)
        for (const object of store.list(type).items)
          expect([type.kind, object.metadata.name, unknownFields(type, toWire(type, object))]).toEqual([
            type.kind,
            object.metadata.name,
            [],
          ])
      for (const type of RESOURCE_TYPES.filter((each) => !['Pod', 'Cluster', 'NodePool'].includes(each.kind)))
        expect([type.kind, store.list(type).items.length > 0]).toEqual([type.kind, true])
    },
  )
})

describe('lists', () => {
  it('R35: show NAME and AGE of sessions, by name, and the rest only where it is asked for', () => {
    const path = '/apis/networking.gke.io/v1alpha1/namespaces/kube-system/bgpsessions'
    const { body } = api.ask('GET', `${path}?limit=500`, undefined, AS_TABLE)
    const table = body as never as {
      columnDefinitions: { name: string; priority: number }[]
      rows: { cells: string[]; object: Record<string, never> }[]
    }
    expect(table.columnDefinitions.filter((each) => each.priority === 0).map((each) => each.name)).toEqual(['Name', 'Age'])
    expect(table.columnDefinitions.filter((each) => each.priority > 0).map((each) => each.name)).toContain('State')
    expect(table.rows.map((row) => row.cells[0])).toEqual([
      '10.8.0.10-node-04',
      '10.8.0.10-node-06',
      '10.8.0.11-node-04',
      '10.8.0.11-node-06',
    ])
    expect(table.rows[0]!.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: '10.8.0.10-node-04' } })
  })

  it('are narrowed by fields and labels', () => {
    const named = api.ask('GET', '/api/v1/nodes?fieldSelector=metadata.name%3Dnode-05').body.items
    expect(named?.map((each) => (each.metadata as never as { name: string }).name)).toEqual(['node-05'])
    const labelled = (selector: string) => api.ask('GET', `/api/v1/nodes?labelSelector=${encodeURIComponent(selector)}`).body.items?.length
    expect(labelled('node-role.kubernetes.io/load-balancer')).toBe(3)
    expect(labelled('!node-role.kubernetes.io/load-balancer')).toBe(0)
    expect(labelled('kubernetes.io/hostname in (node-04,node-06)')).toBe(2)
    expect(labelled('kubernetes.io/hostname!=node-04')).toBe(2)
    expect(api.ask('GET', '/api/v1/nodes?labelSelector=%3D').status).toBe(400)
  })

  it('of Events are in the order in which they were last told', () => {
    const events = api.ask('GET', '/api/v1/events').body.items as never as { lastTimestamp: string; reason: string }[]
    const stamps = events.map((each) => each.lastTimestamp)
    expect(stamps.length).toBeGreaterThan(3)
    expect(stamps).toEqual([...new Set(stamps)].sort())
    expect(stamps[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  })
})

describe('what a user of Kubernetes is told', () => {
  const failure = (answer: ReturnType<typeof api.ask>) => {
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: answer.status })
    return [answer.status, answer.body.reason, answer.body.message]
  }

  it('not found, of an object, a namespace, and a path that there is none of', () => {
    expect(failure(api.ask('GET', `${SERVICES}/none`))).toEqual([404, 'NotFound', 'services "none" not found'])
    expect(failure(api.ask('POST', '/api/v1/namespaces/none/services', service()))).toEqual([
      404,
      'NotFound',
      'namespaces "none" not found',
    ])
    expect(failure(api.ask('GET', '/apis/apps/v1/deployments'))).toEqual([
      404,
      'NotFound',
      'the server could not find the requested resource',
    ])
  })

  it('that it exists already, and that somebody else was quicker', () => {
    expect(api.ask('POST', SERVICES, service()).status).toBe(201)
    expect(failure(api.ask('POST', SERVICES, service()))).toEqual([409, 'AlreadyExists', 'services "shop" already exists'])
    const stale = { ...service(), metadata: { name: 'shop', resourceVersion: '1' } }
    expect(failure(api.ask('PUT', `${SERVICES}/shop`, stale))).toEqual([
      409,
      'Conflict',
      expect.stringMatching(/^Operation cannot be fulfilled on services "shop": the object has been modified/),
    ])
  })

  it('an unknown field, with the one that was meant', () => {
    expect(failure(api.ask('PATCH', GATEWAY, { spec: { floatingIP: ['10.0.1.101'] } }, MERGE))).toEqual([
      400,
      'BadRequest',
      'AnthosNetworkGateway in version "v1alpha1" cannot be handled as a AnthosNetworkGateway: strict decoding error: unknown field "spec.floatingIP", did you mean "floatingIPs"?',
    ])
    expect(failure(api.ask('POST', SERVICES, service({ ports: [{ prot: 80 }] })))[2]).toContain('"spec.ports[0].prot"')
  })

  it('a wrong type and a wrong value, field by field (R1, R7, R16)', () => {
    expect(failure(api.ask('PATCH', GATEWAY, { spec: { floatingIPs: ['10.9.9.9', 5] } }, MERGE))[2]).toMatch(/spec\.floatingIPs\[1\]/)
    const answer = api.ask('PATCH', GATEWAY, { spec: { floatingIPs: ['10.9.9.9', '10.0.1.14'] } }, MERGE)
    expect(failure(answer)).toEqual([
      422,
      'Invalid',
      expect.stringContaining('AnthosNetworkGateway.networking.gke.io "default" is invalid: ['),
    ])
    expect((answer.body.details as never as { causes: unknown }).causes).toMatchObject([
      { field: 'spec.floatingIPs[0]', reason: 'FieldValueInvalid', message: expect.stringContaining('lies in no node') },
      { field: 'spec.floatingIPs[1]', reason: 'FieldValueInvalid', message: expect.stringContaining('node-04') },
    ])
    expect(failure(api.ask('POST', SERVICES, service({ externalTrafficPolicy: 'Local' })))[2]).toMatch(/R7/)
  })

  it('R14: each setting of the control plane that an edit may not change, and none else', () => {
    const edit = { spec: { loadBalancer: { localASN: 65009, vips: { controlPlaneVIP: '10.0.0.9' } } } }
    const answer = api.ask('PATCH', CLUSTER_PATH, edit, MERGE)
    expect(answer.status).toBe(422)
    expect((answer.body.details as never as { causes: unknown }).causes).toEqual([
      {
        field: 'spec.loadBalancer.localASN',
        reason: 'FieldValueForbidden',
        message: 'Forbidden: cannot change after creation (R14)',
      },
      {
        field: 'spec.loadBalancer.vips.controlPlaneVIP',
        reason: 'FieldValueForbidden',
        message: 'Forbidden: cannot change after creation (R14)',
      },
    ])
    expect(api.ask('PATCH', CLUSTER_PATH, { spec: { loadBalancer: { other: 2 } } }, MERGE).status).toBe(200)
  })

  it('that a node stays what it is, and stays', () => {
    expect(failure(api.ask('PATCH', '/api/v1/nodes/node-04', { spec: { address: '10.0.1.99' } }, MERGE))).toEqual([
      422,
      'Invalid',
      'Node "node-04" is invalid: spec.address: Invalid value: "10.0.1.99": field is immutable',
    ])
    expect(api.ask('PATCH', '/api/v1/nodes/node-04', { metadata: { labels: { shelf: '3' } } }, MERGE).status).toBe(200)
    expect(failure(api.ask('DELETE', '/api/v1/nodes/node-04'))[1]).toBe('Forbidden')
    expect(failure(api.ask('POST', '/api/v1/nodes', { metadata: { name: 'node-99' }, spec: {} }))[1]).toBe('Forbidden')
  })

  it('what came of a deletion', () => {
    api.ask('POST', SERVICES, service())
    expect(api.ask('DELETE', `${SERVICES}/shop`).body).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'shop' } })
    expect(api.ask('GET', `${SERVICES}/shop`).status).toBe(404)
  })

  it('what would come of a write, without it', () => {
    expect(api.ask('POST', `${SERVICES}?dryRun=All`, service()).status).toBe(201)
    expect(api.ask('GET', `${SERVICES}/shop`).status).toBe(404)
    const before = api.ask('GET', GATEWAY).body
    const dry = api.ask('PATCH', `${GATEWAY}?dryRun=All`, { spec: { floatingIPs: ['10.0.1.100'] } }, MERGE).body
    expect(dry).toMatchObject({
      spec: { floatingIPs: ['10.0.1.100'] },
      metadata: { resourceVersion: (before.metadata as never as { resourceVersion: string }).resourceVersion },
    })
    expect(api.ask('GET', GATEWAY).body).toEqual(before)
  })
})

describe('patches', () => {
  it('merge, and take away what is null', () => {
    api.ask('POST', SERVICES, { ...service(), metadata: { name: 'shop', labels: { a: '1', b: '2' } } })
    const patched = api.ask('PATCH', `${SERVICES}/shop`, { metadata: { labels: { a: null, c: '3' } } }, MERGE).body
    expect(patched.metadata).toMatchObject({ labels: { b: '2', c: '3' } })
  })

  it('go step by step, all or none (RFC 6902)', () => {
    api.ask('POST', SERVICES, service())
    const json = { 'content-type': 'application/json-patch+json' }
    const steps = [
      { op: 'test', path: '/spec/ports/0/port', value: 80 },
      { op: 'replace', path: '/spec/ports/0/port', value: 81 },
    ]
    expect(api.ask('PATCH', `${SERVICES}/shop`, steps, json).body.spec).toMatchObject({ ports: [{ port: 81 }] })
    expect(api.ask('PATCH', `${SERVICES}/shop`, steps, json).status).toBe(422)
    expect(api.ask('GET', `${SERVICES}/shop`).body.spec).toMatchObject({ ports: [{ port: 81 }] })
  })

  it('merge lists by their key for Kubernetes’ own kinds, and are refused as such for others', () => {
    api.ask('POST', SERVICES, service({ ports: [{ name: 'a', port: 80 }] }))
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
    const more = { spec: { ports: [{ name: 'b', port: 81 }] } }
    const { spec } = api.ask('PATCH', `${SERVICES}/shop`, more, strategic).body as never as { spec: { ports: { port: number }[] } }
    expect(spec.ports.map((each) => each.port).sort()).toEqual([80, 81])
    expect(api.ask('PATCH', GATEWAY, { spec: {} }, strategic).status).toBe(415)
  })

  it('applied by a server’s means, take along what the same manager no longer names', () => {
    const apply = { 'content-type': 'application/apply-patch+yaml' }
    const path = `${SERVICES}/shop?fieldManager=me`
    const labelled = (labels: Record<string, string>) => ({ ...service(), metadata: { name: 'shop', labels } })
    expect(api.ask('PATCH', path, labelled({ a: '1', b: '2' }), apply).status).toBe(201)
    const again = api.ask('PATCH', path, labelled({ b: '2' }), apply)
    expect([again.status, again.body.metadata]).toEqual([200, expect.objectContaining({ labels: { b: '2' } })])
  })
})
