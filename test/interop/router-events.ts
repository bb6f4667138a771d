/** Which events a test waits for. */
import { fibNextHops, type LabEvent, type Session } from '../../src/model/index.ts'

export const isSession = (peer: string, match: (session: Session) => boolean) => (event: LabEvent) =>
  event.type === 'session' && event.session.peerAddress === peer && match(event.session)

export const isUp = (peer: string) => isSession(peer, (session) => session.state === 'Established')

export const hasFib = (prefix: string, hops: readonly string[]) => (event: LabEvent) =>
  event.type === 'fib' && event.route.prefix === prefix && fibNextHops(event.route).join() === hops.join()

/** A route event whose used next hops are these. */
export const hasRoute = (prefix: string, hops: readonly string[]) => (event: LabEvent) =>
  event.type === 'route' &&
  event.route.prefix === prefix &&
  [...new Set(event.route.paths.filter((path) => path.multipath).map((path) => path.nextHop))].sort().join() === hops.join()
