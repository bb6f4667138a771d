/** Fresh reads: a router's tables from its program, any other device's kernel routes from ip(8) inside it. */
import type { FibRoute, Route, Session } from '../../model/index.ts'
import type { Tables } from '../lab.ts'
import type { Parts } from './parts.ts'
import { parseIpRoutes } from './routers/fib/parse.ts'

export function createTables(parts: Parts): Tables {
  const only = <T extends { readonly prefix: string }>(routes: readonly T[], prefix: string | undefined) =>
    prefix === undefined ? routes : routes.filter((route) => route.prefix === prefix)
  return {
    sessions: (router) => parts.fleet.request<readonly Session[]>(router, 'sessions'),
    routes: async (router, prefix) => only(await parts.fleet.request<readonly Route[]>(router, 'routes', { prefix }), prefix),
    fib: async (device, prefix) => {
      const router = parts.plan.routers.some((one) => one.name === device)
      if (router) return only(await parts.fleet.request<readonly FibRoute[]>(device, 'fib', { prefix }), prefix)
      return only(await kernelRoutes(parts, device), prefix)
    },
  }
}

async function kernelRoutes(parts: Parts, device: string): Promise<readonly FibRoute[]> {
  const result = await parts.fleet.exec(device, ['ip', '-4', '-json', 'route', 'show', 'table', 'main'])
  if (result.code !== 0) throw new Error(`${device}: ip route: ${result.stderr.trim()}`)
  return parseIpRoutes(device, result.stdout)
}
