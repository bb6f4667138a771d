/** Whether traffic to the VIP reaches the node under test, and the answers their sender. Pure. */
import type { Cell } from './cells.ts'
import type { PeerRouter, ReachFacts, Trace } from './facts.ts'
import { byNode, byRouter, type Found, SENDERS } from './finding.ts'
import { describeEnd, describeWay, endsAt } from './trace.ts'

/** What a sender saw of the VIP: it works, no answer comes back, or nothing arrives at all. */
export type Sight = 'ok' | 'no-answer' | 'not-reached'

export function sightOf({ result, arrived }: ReachFacts): Sight {
  if (result.heldHere) return 'not-reached'
  if (arrived === 0) return 'not-reached'
  return result.answered > 0 ? 'ok' : 'no-answer'
}

/** `undefined` where it is reached. */
export function judgeReach(cell: Cell, _router: PeerRouter | undefined, vip: string, facts: ReachFacts): Found | undefined {
  const sight = sightOf(facts)
  if (sight === 'ok') return undefined
  if (facts.result.heldHere)
    return {
      code: 'vip-held-elsewhere',
      cause: `${SENDERS} has ${vip} as an address of its own, so what it sends there never leaves it`,
      cure: [`remove it there: ip address del ${vip}/32 dev …, and stop what added it (R43)`],
      evidence: [byNode(`${vip} is a local address of ${facts.from}`)],
    }
  return sight === 'no-answer' ? noAnswer(cell, vip, facts) : notReached(cell, vip, facts)
}

function notReached(cell: Cell, vip: string, { from, result, way }: ReachFacts): Found {
  const seen = byNode(
    `none of ${result.sent} datagrams from ${from} to ${vip} arrived at ${cell.node}${result.error === undefined ? '' : `; ${from} got ${result.error}`}`,
  )
  const short = way === undefined ? undefined : endsAt(way)
  if (way !== undefined && short !== undefined)
    return {
      code: 'no-route-to-vip',
      cause: `${describeEnd(way)}: what ${cell.peerIP} was told does not get there (R8)`,
      cure: [
        `let the route to ${vip}/32 be redistributed to ${short}, or give it a default route to a router that has it`,
        'where routers of one AS lie behind each other: allowas-in or as-override, since they drop a path with their own AS as a loop',
      ],
      evidence: [seen, byRouter(`the way: ${describeWay(way)}`), byRouter(describeEnd(way))],
    }
  if (way?.end.type === 'delivered' && way.end.device !== cell.node)
    return {
      code: 'leads-elsewhere',
      cause: `from ${SENDERS}, the routers lead ${vip} to ${way.end.device} in place of ${cell.node}`,
      cure: [`find out why ${way.end.device} attracts ${vip}: it announces it, or has it as an address (R43)`],
      evidence: [seen, byRouter(`the way: ${describeWay(way)}`)],
    }
  return {
    code: 'lost-on-the-way',
    cause: `what ${SENDERS} sends to ${vip} does not arrive at ${cell.node}${way === undefined ? '' : ', though every routing table leads there: a packet filter, or strict rp_filter, drops it'}`,
    cure: [
      way === undefined
        ? `let every router between ${SENDERS} and ${cell.peerIP} have a route to ${vip}/32 (R8), and no packet filter between them`
        : `look at the packet filters and at net.ipv4.conf.*.rp_filter along ${between(way)}`,
    ],
    evidence: [seen, ...(way === undefined ? [] : [byRouter(`the way: ${describeWay(way)}`)])],
  }
}

function noAnswer(cell: Cell, vip: string, { from, result, arrived, back }: ReachFacts): Found {
  const seen = byNode(`${arrived} of ${result.sent} datagrams from ${from} arrived at ${cell.node}, no answer came back to ${from}`)
  const short = back === undefined ? undefined : endsAt(back)
  if (back !== undefined && short !== undefined)
    return {
      code: 'no-return-route',
      cause: `traffic from ${SENDERS} reaches ${cell.node}, but its answers do not come back: ${describeEnd({ ...back, to: SENDERS })}`,
      cure: [`give ${short} a route to the network of ${SENDERS}`],
      evidence: [seen, byRouter(`the way back: ${describeWay(back)}`), byRouter(describeEnd(back))],
    }
  return {
    code: 'answer-lost',
    cause: `traffic from ${SENDERS} reaches ${cell.node}, but its answers are lost${back === undefined ? ': there is no route back, or a packet filter drops them' : ', though every routing table leads back: a packet filter, stateful perhaps and passed one way only, or strict rp_filter, drops them'}`,
    cure: [
      back === undefined
        ? `let the routers at ${cell.node} have a route to ${SENDERS}, and look at the packet filters for traffic from ${vip}`
        : `look at the packet filters and at net.ipv4.conf.*.rp_filter along ${between(back)}, for traffic from ${vip}`,
    ],
    evidence: [seen, ...(back === undefined ? [] : [byRouter(`the way back: ${describeWay(back)}`), ...wayOf(back)])],
  }
}

/** The devices on the way, without its two ends. */
function between(trace: Trace): string {
  return describeWay({ ...trace, hops: trace.hops.slice(1, -1) })
}

function wayOf(trace: Trace) {
  return trace.end.type === 'delivered' ? [byRouter(describeEnd(trace))] : []
}
