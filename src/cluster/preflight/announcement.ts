/** Whether the peer took the CP VIP's route, and why not. Pure. */
import { wire } from '../../bgp/index.ts'
import type { Cell } from './cells.ts'
import type { AnnouncementFacts, PeerRouter } from './facts.ts'
import { byNode, byRouter, configuration, type Found, peerName } from './finding.ts'

/** `undefined` where nothing speaks against it: where the peer's tables cannot be read, the reachability from elsewhere has to tell. */
export function judgeAnnouncement(cell: Cell, router: PeerRouter | undefined, vip: string, facts: AnnouncementFacts): Found | undefined {
  const { outcome, table } = facts
  const peer = peerName(cell, router)
  const sent = byNode(`UPDATE ${vip}/32 next hop ${cell.localIP} ${facts.sent ? 'sent, the session stays up' : 'could not be sent'}`)
  if (outcome.state !== 'Established') return lost(cell, router, vip, facts)
  if (table === undefined) return undefined
  const { path, others, installed, remark } = table
  if (path === undefined && remark !== undefined && /RFC 8212/.test(remark))
    return {
      code: 'no-import-policy',
      cause: `${peer} drops every route of ${cell.localIP}: an eBGP neighbor without an import policy (RFC 8212)`,
      cure: [
        'at the peer, give the neighbor a policy, or do without the requirement:',
        ...configuration(router, {
          frr: [`neighbor ${cell.localIP} route-map NAME in`, 'or: no bgp ebgp-requires-policy'],
          gobgp: ['[neighbors.apply-policy.config]', 'default-import-policy = "accept-route"'],
        }),
      ],
      evidence: [sent, byRouter(`${router?.name}: ${remark}`)],
    }
  if (path === undefined)
    return {
      code: 'route-not-accepted',
      cause: `${peer} has the session and not the route: an import policy, prefix list or route map refuses ${vip}/32`,
      cure: [`let the peer accept ${vip}/32 from ${cell.localIP} (\`peerlab check\` lists every prefix that it must accept)`],
      evidence: [sent, byRouter(`${vip}/32 from ${cell.localIP} is not in the BGP table of ${router?.name}`)],
    }
  if (!path.valid)
    return {
      code: 'next-hop-not-usable',
      cause: `${peer} has the route and cannot use it: ${firstHalf(path.whyNot) ?? `next hop ${cell.localIP} is not reachable there`}`,
      cure: [secondHalf(path.whyNot) ?? `give the peer a route to ${cell.localIP}, and multihop for this neighbor (R6)`],
      evidence: [sent, byRouter(`${vip}/32 from ${cell.localIP} at ${router?.name}: ${path.whyNot ?? 'not valid'}`)],
    }
  if (!path.used)
    return {
      code: 'announced-elsewhere',
      cause: `${peer} prefers another path to ${vip}: ${others.length === 0 ? (path.whyNot ?? 'it does not say which') : `next hop ${others.join(', ')}`}`,
      cure: [`find out who else announces ${vip}/32 (a program left from a manual test, R43; another cluster) and stop it`],
      evidence: [sent, byRouter(`${vip}/32 from ${cell.localIP} at ${router?.name}: ${path.whyNot ?? 'not used'}`)],
    }
  if (installed.length === 0)
    return {
      code: 'not-installed',
      cause: `${peer} uses the route in BGP, but its kernel has none for ${vip}`,
      cure: [
        `look at the table-map, the distance and the RIB filters of ${router?.name ?? cell.peerIP}, and whether its zebra or route installer runs`,
      ],
      evidence: [sent, byRouter(`no route for ${vip}/32 in the FIB of ${router?.name}`)],
    }
  return undefined
}

function lost(cell: Cell, router: PeerRouter | undefined, vip: string, { outcome }: AnnouncementFacts): Found {
  const spoken = outcome.notifications.at(-1)
  const words = spoken === undefined ? (outcome.reason ?? outcome.state) : wire.describeNotification(spoken.code, spoken.subcode)
  const maximum = spoken?.code === 6 && spoken.subcode === 1
  return {
    code: 'session-lost',
    cause: `the session with ${peerName(cell, router)} ended when ${vip}/32 was announced: ${words}`,
    cure: [
      maximum
        ? `allow more prefixes from ${cell.localIP} at the peer`
        : `look into the peer's log for what it says of ${cell.localIP} at this moment`,
    ],
    evidence: [byNode(spoken ? `NOTIFICATION ${spoken.direction}: ${words}` : words)],
  }
}

/** Readers of routers write `why → cure`. */
function firstHalf(text: string | undefined): string | undefined {
  return text?.split(' → ')[0]
}

function secondHalf(text: string | undefined): string | undefined {
  return text?.split(' → ')[1]
}
