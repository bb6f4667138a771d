/** A running lab as it is now: its tables read from the devices, its VIPs tried from its clients. */
import type { Lab } from '../../engine/lab.ts'
import type { Snapshot, TrafficSeen } from '../../report/diff/index.ts'
import { chosenLab, openEngine } from '../engine.ts'

/** Each from a source port of its own: enough to meet every backend of a Service. */
const ATTEMPTS = 24

export async function runningSnapshot(id: string): Promise<Snapshot> {
  const lab = await chosenLab(await openEngine(), id)
  try {
    const routers = lab.plan.routers.map((router) => router.name)
    const [sessions, routes, fib] = await Promise.all([
      Promise.all(routers.map((router) => lab.tables.sessions(router))),
      Promise.all(routers.map((router) => lab.tables.routes(router))),
      Promise.all(routers.map((router) => lab.tables.fib(router))),
    ])
    return {
      label: `${lab.id}, now`,
      sessions: sessions.flat(),
      routes: routes.flat(),
      fib: fib.flat(),
      floatingIps: await floatingIps(lab),
      traffic: await traffic(lab),
    }
  } finally {
    await lab.close()
  }
}

interface Items<T> {
  readonly items: readonly T[]
}

async function items<T>(lab: Lab, path: string): Promise<readonly T[]> {
  const { status, body } = await lab.api.request({ method: 'GET', path })
  if (status !== 200) throw new Error(`${lab.id}: the API answered ${status} to GET ${path}`)
  return (body as Items<T>).items
}

interface FloatingIpObject {
  readonly metadata: { readonly name: string }
  readonly status?: { readonly nodeName?: string }
}

async function floatingIps(lab: Lab): Promise<Snapshot['floatingIps']> {
  const objects = await items<FloatingIpObject>(lab, '/apis/networking.gke.io/v1alpha1/floatingips')
  return objects.map(({ metadata, status }) => ({
    address: metadata.name,
    ...(status?.nodeName !== undefined && { node: status.nodeName }),
  }))
}

interface ServiceObject {
  readonly spec: { readonly ports?: readonly { readonly port: number; readonly protocol?: string }[] }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } }
}

async function traffic(lab: Lab): Promise<TrafficSeen[]> {
  const services = await items<ServiceObject>(lab, '/api/v1/services')
  const seen: TrafficSeen[] = []
  for (const { name: from } of lab.plan.clients)
    for (const { spec, status } of services)
      for (const vip of (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []))
        for (const { port, protocol = 'TCP' } of spec.ports ?? []) {
          const kind = protocol === 'UDP' ? 'udp' : 'tcp'
          const { outcomes, backends } = await lab.traffic.connect({ from, vip, port, protocol: kind, attempts: ATTEMPTS })
          seen.push({
            name: `${from} → ${vip} ${kind}/${port}`,
            flows: outcomes.length,
            answered: outcomes.filter((outcome) => outcome === 'answered').length,
            by: [...new Set(backends.flatMap((backend) => backend ?? []))].sort(),
          })
        }
  return seen
}
