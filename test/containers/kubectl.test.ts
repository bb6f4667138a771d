import { readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DockerLab } from '../../src/engine/docker/index.ts'
import { Kubectl, peerlab, requireKubectl } from './kubectl.ts'
import { labs, planOf, testEngine, until } from './support.ts'

/** An unmodified kubectl against one lab, through `peerlab kubeconfig`: what a user of Kubernetes does, and what the document shows. */
const open = labs('all')
const kubectl = new Kubectl()
let lab: DockerLab
const kube = 'kube-system'
const FIP = '10.0.1.100'

beforeAll(async () => {
  await requireKubectl()
  lab = await open(await testEngine(), planOf('shared-peers'))
  const { code, stdout, stderr } = await peerlab('kubeconfig', '--lab', lab.id, '--output', kubectl.config)
  expect([code, stderr], stdout).toEqual([0, ''])
  await kubectl.watch(`get bgpsessions -n ${kube} -o wide -w`, 30, (text) => established(text).length === 4).seen
}, 300_000)
afterAll(() => kubectl.remove())

/** What is answered to a request that carries none. */
function withoutToken(): Promise<unknown> {
  const config = readFileSync(kubectl.config, 'utf8')
  const [, url] = /server: (\S+)/.exec(config)!
  const [, authority] = /certificate-authority-data: (\S+)/.exec(config)!
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/api/v1/nodes`, { ca: Buffer.from(authority!, 'base64'), agent: false }, (response) => {
      let text = ''
      response.on('data', (data) => {
        text += data
      })
      response.on('end', () => resolve(JSON.parse(text)))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Sessions that were shown as Established, each once. */
function established(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.includes('Established'))
  return [...new Set(lines.map((line) => line.split(/\s+/)[0]!))]
}

/** Lines of a table, their words joined by one space; ages become AGE. */
function rows(text: string): string[] {
  const lines = text.trimEnd().split('\n')
  return lines.map((line) =>
    line
      .trim()
      .split(/\s{2,}|(?<=\S) (?=\S+$)/)
      .map((word) => (/^(\d+[smhd])+$/.test(word) ? 'AGE' : word))
      .join(' '),
  )
}

describe('access', () => {
  it('is for who has the token, on loopback alone', async () => {
    expect(readFileSync(kubectl.config, 'utf8')).toMatch(/server: https:\/\/127\.0\.0\.1:\d+\n/)
    expect(statSync(kubectl.config).mode & 0o777).toBe(0o600)
    expect(await kubectl.fails(`--kubeconfig ${kubectl.withToken('another')} get nodes`)).toMatch(
      /You must be logged in to the server|provide credentials/,
    )
    expect(await withoutToken()).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'Unauthorized', code: 401 })
  })

  it('is served once for each lab: asked again, the same is answered', async () => {
    const again = await peerlab('kubeconfig', '--lab', lab.id)
    expect(again.stdout).toBe(readFileSync(kubectl.config, 'utf8'))
  })
})

describe('looking', () => {
  const KINDS = [
    ...[
      'nodes',
      'services',
      'events',
      'namespaces',
      'leases',
      'clusters',
      'nodepools',
      'anthosnetworkgateways',
      'bgploadbalancers',
      'pods',
    ],
    ...['bgpsessions', 'bgpadvertisedroutes', 'floatingips', 'loadbalancernodes', 'endpoints'],
  ]

  it('names every kind of the lab', async () => {
    const names = rows(await kubectl.ok('api-resources --no-headers')).map((row) => row.split(' ')[0])
    expect(names).toEqual(expect.arrayContaining(KINDS))
  })

  it.each(KINDS)('gets %s as a table, wide, as YAML and as JSON, and describes them', async (kind) => {
    const [plain, wide, yaml, json, described] = await Promise.all(
      [`get ${kind} -A`, `get ${kind} -A -o wide`, `get ${kind} -A -o yaml`, `get ${kind} -A -o json`, `describe ${kind} -A`].map((words) =>
        kubectl.ok(words),
      ),
    )
    const { items } = JSON.parse(json!) as { items: { kind: string; metadata: { name: string; creationTimestamp: string } }[] }
    expect(items.length).toBeGreaterThan(0)
    const [head] = plain!.split('\n')
    expect(head).toMatch(kind === 'events' ? /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/ : /\bNAME\b.*\bAGE\b/)
    expect(wide!.split('\n')[0]!.length).toBeGreaterThanOrEqual(head!.length)
    expect(yaml).toContain(`kind: ${items[0]!.kind}`)
    expect(described).toMatch(new RegExp(`Name:\\s+${items[0]!.metadata.name.replaceAll('.', '\\.')}\n`))
  })

  it('R35: get bgpsessions shows NAME and AGE of the service sessions, named after peer and node', async () => {
    const [head, ...sessions] = rows(await kubectl.ok(`-n ${kube} get bgpsessions`))
    const holders = [FIP, '10.0.2.100'].map((address) => lab.view.floatingIp(address)!.node!)
    expect(head).toBe('NAME AGE')
    expect(sessions).toEqual(['10.8.0.10', '10.8.0.11'].flatMap((peer) => holders.map((node) => `${peer}-${node} AGE`)).sort())
  })

  it('R36: describe bgpsession shows what the document shows, field by field', async () => {
    const { node } = lab.view.floatingIp(FIP)!
    const text = await kubectl.ok(`-n ${kube} describe bgpsession 10.8.0.10-${node}`)
    const lines = text.split('\n').map((line) => line.trim().replace(/:\s+/, ': '))
    const [metadata, spec, events] = ['Metadata:', 'Spec:', 'Events:'].map((each) => lines.findIndex((line) => line.startsWith(each)))
    // The document leaves the metadata out.
    expect([...lines.slice(0, metadata! + 1), ...lines.slice(spec, events)]).toEqual([
      `Name: 10.8.0.10-${node}`,
      'Namespace: kube-system',
      'Labels: <none>',
      'Annotations: <none>',
      'API Version: networking.gke.io/v1alpha1',
      'Kind: BGPSession',
      'Metadata:',
      'Spec:',
      `Floating IP: ${FIP}`,
      'Local ASN: 65001',
      `Local IP: ${FIP}`,
      `Node Name: ${node}`,
      'Peer ASN: 65002',
      'Peer IP: 10.8.0.10',
      'Status:',
      'Advertised Routes:',
      '10.0.0.1/32',
      '10.0.0.2/32',
      '10.0.0.3/32',
      expect.stringMatching(/^Last Report Time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      'State: Established',
    ])
  })

  it('describe service lists the backends of each port', async () => {
    const text = await kubectl.ok('describe service shop')
    const listed = text.split('\n').filter((line) => /^(TargetPort|Endpoints):/.test(line))
    expect(listed.map((line) => line.replace(/\s+/g, ' '))).toEqual([
      ...['TargetPort: 8082/TCP', 'Endpoints: 10.0.1.21:8082,10.0.2.22:8082', 'TargetPort: 8053/TCP'],
      ...['Endpoints: 10.0.1.21:8053,10.0.2.22:8053', 'TargetPort: 8054/UDP', 'Endpoints: 10.0.1.21:8054,10.0.2.22:8054'],
    ])
    expect(rows(await kubectl.ok('get endpointslices -l kubernetes.io/service-name=shop'))).toHaveLength(2)
    expect(await kubectl.fails('delete endpoints shop')).toContain('edit spec.endpoints')
  })

  it('R37: get bgpadvertisedroutes names them after balancer, namespace and Service, and describe lists the next hops', async () => {
    const text = await kubectl.ok(`-n ${kube} get bgpadvertisedroutes`)
    expect(rows(text)).toEqual(['NAME AGE', 'bgplb-default-shop AGE', 'bgplb-default-web AGE', 'bgplb-gke-system-istio-ingress AGE'])
    const described = await kubectl.ok(`-n ${kube} describe bgpadvertisedroute bgplb-gke-system-istio-ingress`)
    expect(described).toMatch(/Next Hops:\s+10\.0\.1\.20\s+10\.0\.1\.21\s+10\.0\.2\.20\s+Prefix: +10\.0\.0\.1\/32/)
  })

  it('R15: shows the control plane’s speakers and their logs, as the document does', async () => {
    const running = (await kubectl.ok(`-n ${kube} get pods`)).split('\n').filter((line) => line.includes('bgpadvertiser'))
    expect(rows(running.join('\n'))).toEqual(['01', '02', '03'].map((number) => `bgpadvertiser-node-${number} 1/1 Running 0 AGE`))
    const log = await kubectl.ok(`-n ${kube} logs bgpadvertiser-node-01`)
    for (const tor of ['10.8.0.10', '10.8.0.11']) expect(log).toMatch(new RegExp(`Peer Up Key=${tor.replaceAll('.', '\\.')}`))
    expect((await kubectl.ok(`-n ${kube} logs bgpadvertiser-node-01 --tail=1`)).split('\n')).toHaveLength(2)
    const refused = await kubectl.run(['-n', kube, 'delete', 'pod', 'bgpadvertiser-node-01'])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('a static Pod')])
  })

  it('explains fields', async () => {
    expect(await kubectl.ok('explain bgpsession.spec.peerASN')).toContain('The peer’s AS number.')
    expect(await kubectl.ok('explain service.spec.endpoints')).toContain('addresses at which backends answer')
  })
})

describe('changing', () => {
  const service = (port: number) => `{"apiVersion":"v1","kind":"Service","metadata":{"name":"api"},"spec":{"type":"LoadBalancer",
    "ports":[{"name":"a","port":${port},"targetPort":8081}],"endpoints":["10.0.1.22"]}}`
  const ports = () => kubectl.ok('get svc api -o jsonpath={.spec.ports[*].port}')

  it('applies, edits, patches and deletes a Service, and the network follows', async () => {
    expect(await kubectl.ok('apply -f -', service(80))).toBe('service/api created\n')
    const announced = () => lab.view.route('tor1', '10.0.0.4/32') !== undefined
    await until(lab, 'the VIP of the new Service at tor1', 20, announced)
    expect(await kubectl.ok('apply -f -', service(80))).toBe('service/api unchanged\n')
    expect(await kubectl.ok('apply -f -', service(81))).toBe('service/api configured\n')
    expect(await ports()).toBe('81')
    expect(await kubectl.ok('get svc api -o yaml')).toContain('kubectl.kubernetes.io/last-applied-configuration')

    expect(await kubectl.ok('edit svc api', undefined, { KUBE_EDITOR: 'sed -i "s/port: 81/port: 82/"' })).toContain('edited')
    expect(await ports()).toBe('82')
    const patch = (type: string, body: unknown) => kubectl.run(['patch', 'svc', 'api', `--type=${type}`, '-p', JSON.stringify(body)])
    expect(await patch('json', [{ op: 'replace', path: '/spec/ports/0/port', value: 83 }])).toMatchObject({ code: 0 })
    expect(await patch('strategic', { spec: { ports: [{ name: 'b', port: 84 }] } })).toMatchObject({ code: 0 })
    expect((await ports()).split(' ').sort()).toEqual(['83', '84'])
    expect(await patch('merge', { spec: { ports: [{ port: 85 }] } })).toMatchObject({ code: 0 })
    expect(await ports()).toBe('85')
    // A port without a name: recent kubectls look for the one of its EndpointSlice.
    expect(await kubectl.ok('describe svc api')).toMatch(/Endpoints: +10\.0\.1\.22:85\n/)

    expect(await kubectl.ok('delete svc api --timeout=20s')).toBe('service "api" deleted\n')
    expect(await kubectl.fails('get svc api')).toBe('Error from server (NotFound): services "api" not found')
    await until(lab, 'the VIP is gone at tor1', 20, () => !announced())
  })

  it('R30: an edit of the gateway is followed, and one of its copy is overwritten', async () => {
    const gateway = 'anthosnetworkgateway default'
    const add = { KUBE_EDITOR: 'sed -i "s/^  - 10.0.2.100$/  - 10.0.2.100\\n  - 10.0.2.101/"' }
    expect(await kubectl.ok(`edit ${gateway} -n cluster-bm`, undefined, add)).toContain('edited')
    await until(lab, '10.0.2.101 has a node', 20, () => lab.view.floatingIp('10.0.2.101')?.node !== undefined)
    const patch = ['patch', 'anthosnetworkgateway', 'default', '--type=merge', '-p', '{"spec":{"floatingIPs":["10.0.1.100","10.0.2.100"]}}']
    const overwritten = kubectl.watch(`get events -n ${kube} -w`, 20, (text) => text.includes('Overwritten'))
    await overwritten.started
    expect(await kubectl.run([...patch, '-n', kube])).toMatchObject({ code: 0 })
    await overwritten.seen
    expect(await kubectl.ok(`get ${gateway} -n ${kube} -o jsonpath={.spec.floatingIPs}`)).toContain('10.0.2.101')
    const back = kubectl.watch(`get events -n ${kube} -w`, 20, (text) => /Removed +floatingip\/10\.0\.2\.101/.test(text))
    await back.started
    expect(await kubectl.run([...patch, '-n', 'cluster-bm'])).toMatchObject({ code: 0 })
    await back.seen
  })

  it('says what is wrong as Kubernetes does', async () => {
    const gateway = (spec: unknown) =>
      JSON.stringify({
        apiVersion: 'networking.gke.io/v1alpha1',
        kind: 'AnthosNetworkGateway',
        metadata: { name: 'default', namespace: 'cluster-bm' },
        spec,
      })
    const merge = (what: string, body: unknown) => kubectl.run(['patch', ...what.split(' '), '--type=merge', '-p', JSON.stringify(body)])
    expect(await kubectl.fails('apply -f -', gateway({ floatingIPs: [FIP], floatingIP: 'x' }))).toContain('unknown field "floatingIP"')
    expect(await kubectl.fails('apply -f -', gateway({ floatingIPs: 5 }))).toContain('invalid type')
    expect((await merge('anthosnetworkgateway default -n cluster-bm', { spec: { floatingIP: 1 } })).stderr).toContain(
      'unknown field "spec.floatingIP", did you mean "floatingIPs"?',
    )
    expect((await merge('anthosnetworkgateway default -n cluster-bm', { spec: { floatingIPs: ['10.9.9.9'] } })).stderr).toMatch(
      /^The AnthosNetworkGateway "default" is invalid: spec\.floatingIPs\[0\]: Invalid value: "10\.9\.9\.9": .*R16/,
    )
    expect((await merge('node node-01', { spec: { address: '10.0.1.99' } })).stderr).toContain('field is immutable')
    expect((await merge('node node-01', { metadata: { resourceVersion: '1' } })).stderr).toMatch(
      /\(Conflict\).*the object has been modified/,
    )
    expect(await kubectl.fails('get bgpsession none')).toMatch(/\(NotFound\): bgpsessions\.networking\.gke\.io "none" not found/)
    expect(await kubectl.fails('create -n none -f -', '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{}}')).toContain(
      'namespaces "none" not found',
    )
    expect(await kubectl.fails('delete service istio-ingress -n gke-system')).toMatch(/\(Forbidden\).*always announced \(R27\)/)
    expect(await kubectl.fails('get deployments')).toContain('the server doesn\'t have a resource type "deployments"')
  })

  it('R14: an edit of the control plane’s BGP settings is refused with the field’s name', async () => {
    const cluster = 'cluster bm -n cluster-bm'
    const body = '{"spec":{"loadBalancer":{"localASN":65009}}}'
    const { code, stderr } = await kubectl.run(['patch', ...cluster.split(' '), '--type=merge', '-p', body])
    expect([code, stderr]).toEqual([
      1,
      'The Cluster "bm" is invalid: spec.loadBalancer.localASN: Forbidden: cannot change after creation (R14)\n',
    ])
    const edited = await kubectl.fails(`edit ${cluster}`, undefined, { KUBE_EDITOR: 'sed -i "s/localASN: 65001/localASN: 65009/"' })
    expect(edited).toContain('"bm" is invalid')
    expect(await kubectl.ok(`get ${cluster} -o jsonpath={.spec.loadBalancer.localASN}`)).toBe('65001')
  })
})

describe('a failover', () => {
  it('R17: get -w sees the floating IP move, and get events tells the story in order', async () => {
    const { node: holder } = lab.view.floatingIp(FIP)!
    const line = new RegExp(`^${FIP.replaceAll('.', '\\.')} +(?!${holder})node-\\d+ +Assigned`, 'm')
    const moves = kubectl.watch(`get fip -n ${kube} -w`, 30, (text) => line.test(text))
    await moves.started
    await lab.power.off(holder!)
    const moved = await moves.seen
    const heir = line.exec(moved)![0].split(/\s+/)[1]!
    // Both peers take the new session once their old one has ended.
    const back = (text: string) => established(text).filter((name) => name.endsWith(heir)).length >= 2
    await kubectl.watch(`get bgpsessions -n ${kube} -o wide -w`, 60, back).seen
    const text = await kubectl.ok('get events -A --sort-by=.lastTimestamp')
    const at = (pattern: RegExp) => {
      const found = text.split('\n').findIndex((each) => pattern.test(each))
      expect(found, `${pattern} in\n${text}`).toBeGreaterThan(0)
      return found
    }
    const silent = at(new RegExp(`NodeNotReady +node/${holder} `))
    const move = at(new RegExp(`Moved +floatingip/${FIP} +${holder} → ${heir}:`))
    const lost = at(
      new RegExp(`SessionLost +bgpsession/10\\.8\\.0\\.10-${holder} +from ${FIP} on ${holder} to 10\\.8\\.0\\.10: ${holder} is not Ready`),
    )
    const again = at(new RegExp(`Established +bgpsession/10\\.8\\.0\\.10-${heir} +from ${FIP} on ${heir} to 10\\.8\\.0\\.10`))
    expect([silent, move, lost, again]).toEqual([silent, move, lost, again].toSorted((a, b) => a - b))
    if (lab.plan.nodes.find((each) => each.name === holder)?.roles.loadBalancer)
      expect(at(/NextHopsChanged +bgpadvertisedroute\/bgplb-default-web +10\.0\.0\.2\/32: 10\.0\.\d+\.\d+ left/)).toBeGreaterThan(silent)
  })
})

describe('the end', () => {
  it('of the admin host is said, and its return found', async () => {
    const nodes = () => kubectl.run(['get', 'nodes', '--request-timeout=10s'])
    await lab.power.off('admin')
    expect((await nodes()).stderr).toMatch(/\(ServiceUnavailable\): the lab's API cannot be reached: admin has no power/)
    await lab.power.on('admin')
    expect(await nodes()).toMatchObject({ code: 0, stdout: expect.stringContaining('node-08') })
  })

  it('leaves nothing that serves after `peerlab down`', async () => {
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(readFileSync(kubectl.config, 'utf8'))![1])
    expect(await peerlab('down', lab.id)).toMatchObject({ code: 0, stdout: `removed ${lab.id}\n` })
    const refused = await new Promise<string | undefined>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(undefined))
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
    expect(refused).toBe('ECONNREFUSED')
  })
})
