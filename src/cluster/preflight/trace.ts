import type { Trace } from './facts.ts'

/** Where a way ends, in words. */
export function describeEnd({ to, end }: Trace): string {
  switch (end.type) {
    case 'delivered':
      return `every table leads to ${end.device}`
    case 'no-route':
      return end.how === 'none' ? `${end.device} has no route to ${to}` : `${end.device} has a route to ${to} of the type ${end.how}`
    case 'loop':
      return `packets to ${to} go round in circles: ${end.devices.join(' → ')}`
    case 'lost':
      return `${end.device} sends packets to ${to} on to ${end.via}, which nobody has`
  }
}

/** The device at which a way ends short; `undefined` where it leads to its end. */
export function endsAt({ end }: Trace): string | undefined {
  if (end.type === 'delivered') return undefined
  return end.type === 'loop' ? [...new Set(end.devices)].join(' or ') : end.device
}

/** `node-03 → tor2 → core → tor1` */
export function describeWay({ hops }: Trace): string {
  return hops.map((hop) => hop.device).join(' → ')
}
