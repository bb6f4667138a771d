/** Why a session did not come up. Pure. */
import { wire } from '../../bgp/index.ts'
import type { Cell } from './cells.ts'
import type { PeerRouter, SessionFacts, SessionNotification } from './facts.ts'
import { byNode, byRouter, configuration, type Evidence, type Found, peerName } from './finding.ts'
import { describeEnd, endsAt } from './trace.ts'

const OPEN_ERROR = 2
const BAD_PEER_AS = 2
const CEASE = 6
const COLLISION = 7

/** `undefined` where the session is up. */
export function judgeSession(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts): Found | undefined {
  const { outcome } = facts
  if (outcome.state === 'Established') return undefined
  if (outcome.upAfter !== undefined) return unstable(cell, router, facts)
  const spoken = outcome.notifications.at(-1)
  if (spoken !== undefined) return notified(cell, router, facts, spoken)
  if (has(facts, 'address-not-local')) return notLocal(cell)
  if (facts.neighbor?.running === false) return notRunning(cell, router, facts)
  if (has(facts, 'connection-refused') || facts.look?.knock.outcome === 'refused') return refused(cell, router, facts)
  if (has(facts, 'connection-closed') || has(facts, 'connection-reset')) return hungUp(cell, router, facts)
  if (outcome.state === 'OpenSent' || outcome.state === 'OpenConfirm') return silentAfterOpen(cell, router, facts)
  if (has(facts, 'connection-unreachable')) return unreachable(cell, router, facts)
  return noAnswer(cell, router, facts)
}

function has({ outcome }: SessionFacts, reason: string): boolean {
  return outcome.failures.some((failure) => failure.reason === reason)
}

function notified(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts, spoken: SessionNotification): Found {
  const { code, subcode, direction, detail } = spoken
  const words = wire.describeNotification(code, subcode)
  const peer = peerName(cell, router)
  const evidence: Evidence[] = [byNode(`NOTIFICATION ${direction}: ${words}${detail === '' ? '' : `: ${detail}`}`)]
  const neighbor = facts.neighbor?.neighbor
  if (code === OPEN_ERROR && subcode === BAD_PEER_AS && direction === 'received') {
    if (neighbor) evidence.push(byRouter(`${router?.name} has neighbor ${cell.localIP} as AS ${neighbor.peerAsn}`))
    const expected = neighbor === undefined || neighbor.peerAsn === cell.localASN ? undefined : neighbor.peerAsn
    return {
      code: 'peer-expects-other-asn',
      cause: `${peer} expects ${expected === undefined ? 'another AS' : `AS ${expected}`} of ${cell.localIP}; the cluster is AS ${cell.localASN}`,
      cure: [
        `at the peer, give ${cell.localIP} the cluster's AS:`,
        ...configuration(router, {
          frr: [`neighbor ${cell.localIP} remote-as ${cell.localASN}`],
          gobgp: [`peer-as = ${cell.localASN}    # of neighbor-address "${cell.localIP}"`],
        }),
        `or, if the peer is right, correct spec.loadBalancer.localASN of the Cluster${expected === undefined ? '' : ` to ${expected}`}`,
      ],
      evidence,
    }
  }
  if (code === OPEN_ERROR && subcode === BAD_PEER_AS) {
    const actual = /AS (\d+)/.exec(detail)?.[1] ?? neighbor?.localAsn
    if (neighbor) evidence.push(byRouter(`${router?.name} speaks as AS ${neighbor.localAsn}`))
    return {
      code: 'peer-has-other-asn',
      cause: `${peer} is AS ${actual ?? 'another'}; the cluster file has it as AS ${cell.peerASN}`,
      cure: [
        `in the Cluster, give bgpPeers ip ${cell.peerIP} its own AS${actual === undefined ? '' : `: asn: ${actual}`}`,
        `or, if the file is right, the peer's AS at the peer: ${cell.peerASN}`,
      ],
      evidence,
    }
  }
  if (neighbor) evidence.push(byRouter(`${router?.name} has neighbor ${cell.localIP}: ${neighbor.state}`))
  if (code === CEASE && subcode === COLLISION)
    return {
      code: 'neighbor-not-ready',
      cause: `${peer} still holds an older session of ${cell.localIP}`,
      cure: ['end what speaks BGP from this address (a bgpadvertiser left running?), or wait for the hold time and try again'],
      evidence,
    }
  return {
    code: 'refused-by-notification',
    cause: `${direction === 'received' ? peer : 'our side'} ends the session: ${words}`,
    cure: [cureOf(code, subcode, cell, router)],
    evidence,
  }
}

function cureOf(code: number, subcode: number, cell: Cell, router: PeerRouter | undefined): string {
  const there = `neighbor ${cell.localIP} at ${peerName(cell, router)}`
  if (code === CEASE && subcode === 2) return `enable ${there}: it is shut down administratively`
  if (code === CEASE && (subcode === 3 || subcode === 5)) return `configure or allow ${there}`
  if (code === OPEN_ERROR && subcode === 6) return `allow a hold time of 90 s for ${there}`
  if (code === OPEN_ERROR && subcode === 7) return `let ${there} speak IPv4 unicast`
  return `look into the peer's log for what it says of ${cell.localIP} at this moment`
}

function notLocal(cell: Cell): Found {
  return {
    code: 'address-not-on-node',
    cause: `${cell.node} does not have the address ${cell.localIP} that the cluster file gives it`,
    cure: [`add ${cell.localIP} to the node, or correct its address in controlPlane.nodePoolSpec`],
    evidence: [byNode(`the kernel refuses to bind to ${cell.localIP}`)],
  }
}

function notRunning(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts): Found {
  const refused = facts.look?.knock.outcome === 'refused' || has(facts, 'connection-refused')
  return {
    code: 'daemon-not-running',
    cause: `no BGP daemon runs on ${peerName(cell, router)}`,
    cure: [`start the BGP daemon of ${router?.name ?? cell.peerIP}`],
    evidence: [
      ...(refused ? [byNode(`TCP ${cell.peerIP}:179 is refused (RST)`)] : []),
      byRouter(`${router?.name}: ${facts.neighbor?.neighbor?.reason ?? 'its BGP daemon is not running'}`),
    ],
  }
}

/** A RST may come from a closed port or from a filter: only the router's own tables tell them apart. An ICMP error is always a filter's or a router's. */
function refused(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts): Found {
  const peer = peerName(cell, router)
  const icmp = facts.look !== undefined && facts.look.knock.icmpUnreachable > 0
  const listens = facts.neighbor?.running === true
  const evidence = [
    byNode(`TCP ${cell.peerIP}:179 is refused: ${icmp ? 'an ICMP destination unreachable comes back' : 'a RST comes back'}`),
  ]
  if (facts.look) evidence.push(byNode(`${cell.peerIP} ${facts.look.ping ? 'answers' : 'does not answer'} ping`))
  if (listens) evidence.push(byRouter(`the BGP daemon of ${router?.name} runs`))
  if (icmp || listens)
    return {
      code: 'tcp-179-rejected',
      cause: `a packet filter rejects TCP 179 between ${cell.localIP} and ${peer}, with ${icmp ? 'an ICMP error' : 'a RST'}`,
      cure: [
        `allow TCP port 179 from ${cell.localIP} to ${cell.peerIP}, and its answers, in the filters of the peer and of what lies between`,
      ],
      evidence,
    }
  return {
    code: 'tcp-179-closed',
    cause: `${peer} refuses TCP 179: its BGP daemon does not run or does not listen on this address, or a packet filter rejects it`,
    cure: ['look whether the BGP daemon runs there', `allow TCP port 179 from ${cell.localIP} to ${cell.peerIP}`],
    evidence,
  }
}

/** Accepted and closed without a word: FRR and GoBGP do so with a connection from an address that they have no neighbor for. */
function hungUp(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts): Found {
  const peer = peerName(cell, router)
  const ended = has(facts, 'connection-closed') ? 'closed' : 'reset'
  const evidence = [byNode(`${cell.peerIP}:179 accepts the connection, and it is ${ended} without a NOTIFICATION`)]
  const neighbor = facts.neighbor?.neighbor
  if (neighbor !== undefined) {
    evidence.push(byRouter(`${router?.name} has neighbor ${cell.localIP}: ${neighbor.state}${remark(neighbor.reason)}`))
    if (/AFI\/SAFI/.test(neighbor.reason ?? ''))
      return {
        code: 'neighbor-not-activated',
        cause: `${peer} has ${cell.localIP} configured without IPv4 unicast, so it refuses to speak with it`,
        cure: [
          'at the peer, activate the neighbor:',
          ...configuration(router, {
            frr: ['address-family ipv4 unicast', ` neighbor ${cell.localIP} activate`],
            gobgp: ['[[neighbors.afi-safis]]', '[neighbors.afi-safis.config]', 'afi-safi-name = "ipv4-unicast"'],
          }),
        ],
        evidence,
      }
    return {
      code: 'neighbor-not-ready',
      cause: `${peer} has ${cell.localIP} configured and still closes its connections: it holds an older session, is shut down, or waits after one that ended`,
      cure: [`look at neighbor ${cell.localIP} there: enable it, or clear it and try again`],
      evidence,
    }
  }
  if (facts.neighbor !== undefined) evidence.push(byRouter(`${router?.name} runs and has no neighbor ${cell.localIP}`))
  return {
    code: 'neighbor-not-configured',
    cause: `${peer} does not have ${cell.localIP} as a neighbor${facts.neighbor === undefined ? ', or still holds an older session of it' : ''}`,
    cure: [
      'at the peer, add the neighbor (`peerlab check --router-config` prints all of it):',
      ...configuration(router, {
        frr: [`neighbor ${cell.localIP} remote-as ${cell.localASN}`],
        gobgp: ['[[neighbors]]', '[neighbors.config]', `neighbor-address = "${cell.localIP}"`, `peer-as = ${cell.localASN}`],
      }),
    ],
    evidence,
  }
}

/** The connection stands and nothing follows: packets of a single-hop peer have TTL 1 and do not come over a router. */
function silentAfterOpen(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts): Found {
  const neighbor = facts.neighbor?.neighbor
  return {
    code: 'multihop-missing',
    cause: `${peerName(cell, router)} accepts the connection of ${cell.localIP} and sends no OPEN: a peer that is not configured for multihop answers with TTL 1`,
    cure: [
      'at the peer, allow multihop for this neighbor (R6):',
      ...configuration(router, {
        frr: [`neighbor ${cell.localIP} ebgp-multihop`],
        gobgp: ['[neighbors.ebgp-multihop.config]', 'enabled = true'],
      }),
    ],
    evidence: [
      byNode(`TCP connects, the session stays in ${facts.outcome.state}`),
      ...(neighbor ? [byRouter(`${router?.name} has neighbor ${cell.localIP}: ${neighbor.state}${remark(neighbor.reason)}`)] : []),
    ],
  }
}

function unreachable(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts): Found {
  const { look, way } = facts
  const complete = way?.end.type === 'delivered'
  if (look?.routed && (look.ping || complete) && look.knock.icmpUnreachable > 0)
    return {
      code: 'tcp-179-rejected',
      cause: `a packet filter rejects TCP 179 between ${cell.localIP} and ${peerName(cell, router)}, with an ICMP error`,
      cure: [
        `allow TCP port 179 from ${cell.localIP} to ${cell.peerIP}, and its answers, in the filters of the peer and of what lies between`,
      ],
      evidence: [
        byNode(`TCP ${cell.peerIP}:179 is answered by ICMP destination unreachable`),
        byNode(`${cell.peerIP} ${look.ping ? 'answers' : 'does not answer'} ping`),
        ...(complete ? [byRouter('every table on the way leads there')] : []),
      ],
    }
  return noWay(cell, router, facts)
}

function noAnswer(cell: Cell, router: PeerRouter | undefined, facts: SessionFacts): Found {
  const { look, way, back } = facts
  if (look?.silentHop !== undefined) return noWay(cell, router, facts)
  const complete = way?.end.type === 'delivered' && back?.end.type === 'delivered'
  if (look?.ping === true || complete)
    return {
      code: 'tcp-179-dropped',
      cause: `nothing answers TCP 179 from ${cell.localIP} at ${peerName(cell, router)}: a packet filter drops it, or the peer wants a TCP password (R7)`,
      cure: [
        `allow TCP port 179 from ${cell.localIP} to ${cell.peerIP}, and its answers, in the filters of the peer and of what lies between`,
        'and set no password for this neighbor',
      ],
      evidence: [
        byNode(`no answer from ${cell.peerIP}:179`),
        ...(look ? [byNode(`${cell.peerIP} ${look.ping ? 'answers' : 'does not answer'} ping`)] : []),
        ...(complete ? [byRouter('every table on the way there and back leads on')] : []),
      ],
    }
  if (way?.end.type === 'delivered' && back !== undefined)
    return {
      code: 'no-way-back-from-peer',
      cause: `what ${cell.localIP} sends reaches ${peerName(cell, router)}; nothing comes back: ${describeEnd(back)}`,
      cure: [`give ${endsAt(back)} a route to ${cell.localIP}`],
      evidence: [byNode(`no answer from ${cell.peerIP}, to ping neither`), byRouter(describeEnd(back))],
    }
  return noWay(cell, router, facts)
}

function noWay(cell: Cell, router: PeerRouter | undefined, { look, way }: SessionFacts): Found {
  const where = way === undefined ? undefined : endsAt(way)
  const base = { code: 'peer-unreachable', cause: `${cell.node} does not reach ${peerName(cell, router)}` } as const
  if (look?.silentHop !== undefined)
    return {
      ...base,
      cause: `${base.cause}: ${look.silentHop} does not answer ARP on the node's own link`,
      cure: [`look whether ${look.silentHop} is up, and at the cable, the VLAN and the mask between it and ${cell.node}`],
      evidence: [byNode(`${look.silentHop} answers neither ARP nor ping`)],
    }
  if (way !== undefined && where !== undefined)
    return {
      ...base,
      cause: `${base.cause}: ${describeEnd(way)}`,
      cure: [`give ${where} a route to ${cell.peerIP}`],
      evidence: [byNode(`no answer from ${cell.peerIP}, to ping neither`), byRouter(describeEnd(way))],
    }
  const unrouted = look?.routed === false
  return {
    ...base,
    cause: `${base.cause}: ${unrouted ? 'it has no route there' : 'the peer is down, or a router on the way has no route'}`,
    cure: [`look whether ${cell.peerIP} is up, and for a route there from ${cell.node} and back`],
    evidence: [byNode(unrouted ? `${cell.node} has no route to ${cell.peerIP}` : `no answer from ${cell.peerIP}, to ping neither`)],
  }
}

/** It came up and did not last. */
function unstable(cell: Cell, router: PeerRouter | undefined, { outcome }: SessionFacts): Found {
  const spoken = outcome.notifications.at(-1)
  return {
    code: 'session-unstable',
    cause: `the session with ${peerName(cell, router)} came up and went down again: ${outcome.reason ?? 'no reason was told'}`,
    cure: [`look into the log of ${router?.name ?? cell.peerIP} for what it says of ${cell.localIP} at this moment`],
    evidence: [
      byNode(
        spoken
          ? `NOTIFICATION ${spoken.direction}: ${wire.describeNotification(spoken.code, spoken.subcode)}`
          : (outcome.reason ?? outcome.state),
      ),
    ],
  }
}

function remark(reason: string | undefined): string {
  return reason === undefined ? '' : ` (${reason})`
}
