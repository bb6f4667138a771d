/** A running lab as it is now: its tables read from the devices, its VIPs tried from its clients. */
import { collectionPath, FLOATING_IP, type ListReply, type Resource, type ResourceType, SERVICE, vipOf } from '../../cluster/api/index.ts'
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

async function objects<R extends Resource>(lab: Lab, type: ResourceType<R>): Promise<readonly R[]> {
  const path = collectionPath(type)
  const { status, body } = await lab.api.request({ method: 'GET', path })
  if (status !== 200) throw new Error(`${lab.id}: the API answered ${status} to GET ${path}`)
  return (body as ListReply<R>).items
}

async function floatingIps(lab: Lab): Promise<Snapshot['floatingIps']> {
  return (await objects(lab, FLOATING_IP)).map(({ metadata, status }) => ({
    address: metadata.name,
    ...(status?.nodeName !== undefined && { node: status.nodeName }),
  }))
}

async function traffic(lab: Lab): Promise<TrafficSeen[]> {
  const seen: TrafficSeen[] = []
  for (const service of await objects(lab, SERVICE)) {
    const vip = vipOf(service)
    if (vip === undefined) continue
    for (const { name: from } of lab.plan.clients)
      for (const { port, protocol = 'TCP' } of service.spec?.ports ?? []) {
        const kind = protocol === 'UDP' ? 'udp' : 'tcp'
        const { outcomes, backends } = await lab.traffic.connect({ from, vip, port, protocol: kind, attempts: ATTEMPTS })
        seen.push({
          name: `${from} → ${vip} ${kind}/${port}`,
          flows: outcomes.length,
          answered: outcomes.filter((outcome) => outcome === 'answered').length,
          by: [...new Set(backends.flatMap((backend) => backend ?? []))].sort(),
        })
      }
  }
  return seen
}
