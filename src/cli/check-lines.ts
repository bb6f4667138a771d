/** What a checked file means, for people. Pure. */
import type { Meaning, PeerNeeds } from '../cluster/check/index.ts'
import type { Diagnostic } from '../model/index.ts'
import { printable, type Style, table } from '../report/index.ts'

/** Between the place of a finding and its message: two spaces, the severity, two spaces. */
const SEVERITY = 11

/** Errors first, then warnings, then notes: each with its place, what it leads to, and below it what to do. For lines of `width` columns. */
export function findingLines(diagnostics: readonly Diagnostic[], style: Style, width = Number.POSITIVE_INFINITY): string[] {
  const ordered = (['error', 'warning', 'note'] as const).flatMap((severity) => diagnostics.filter((each) => each.severity === severity))
  const places = ordered.map(({ file, line, column }) => `${file}:${line}:${column}`)
  const stem = Math.max(0, ...places.map((place) => place.length))
  // Below the message; a long path on a narrow terminal leaves no room there.
  const indent = ' '.repeat(stem + SEVERITY <= width / 2 ? stem + SEVERITY : 4)
  return ordered.flatMap((each, index) => {
    const where = each.path === '' ? '' : `${each.path}: `
    const severity = each.severity.padEnd(7)
    const shown = each.severity === 'error' ? style.bad(severity) : severity
    const line = `${places[index]!.padEnd(stem)}  ${shown}  ${printable(where + each.message)}`
    return each.suggestion === undefined ? [line] : [line, `${indent}→ ${printable(each.suggestion)}`]
  })
}

export function meaningLines(meaning: Meaning): string[] {
  return [
    ...labelled('sessions', sessionLines(meaning)),
    ...labelled('next hops', nextHopLines(meaning)),
    ...labelled('network', meaning.peers.flatMap(peerLines)),
  ]
}

function labelled(label: string, lines: readonly string[]): string[] {
  const shown = lines.length === 0 ? ['none'] : lines
  return shown.map((line, index) => `${(index === 0 ? label : '').padEnd(9)}  ${line}`)
}

function sessionLines({ sessions, lost, spare }: Meaning): string[] {
  const rows = sessions.map(({ kind, localIP, localASN, peerIP, peerASN, node, otherHolders }) => {
    const at = kind === 'services' ? `, first at ${node}` : node === localIP ? '' : `, ${node}`
    const later = otherHolders.length === 0 ? '' : `; may move to ${otherHolders.join(', ')}`
    return [`${localIP} → ${peerIP}`, `${localASN} → ${peerASN}`, kind + at + later]
  })
  const missing = lost.map(({ kind, localIP, peerIP, reason }) => [`${localIP} → ${peerIP ?? '?'}`, 'lost', `${kind}: ${reason}`])
  const idle = spare.map(({ floatingIP, peerIP }) => [
    `${floatingIP} → ${peerIP}`,
    'spare',
    'services: takes over when another is Unassigned',
  ])
  return table([...rows, ...missing, ...idle])
}

function nextHopLines({ vips }: Meaning): string[] {
  const rows = vips.routes.map(({ prefix, what, nextHops, nextHop, peerIP }) =>
    peerIP === undefined
      ? [prefix, what, `ADD-PATH: ${nextHops.join(', ')} · without: ${nextHop ?? 'none'}`]
      : [prefix, what, `at ${peerIP}: ${nextHops.join(', ')}${nextHops.length > 1 ? ', each on its own session' : ''}`],
  )
  return [
    ...table(rows),
    ...(vips.more === 0 ? [] : [`and ${vips.more} more ${vips.more === 1 ? 'address' : 'addresses'} of the pools, likewise`]),
  ]
}

function peerLines(peer: PeerNeeds): string[] {
  const { peerIP, peerASN, neighbors, addPathReceive, paths, prefixes, routesTo } = peer
  if (neighbors.length === 0) return [`${peerIP}  AS ${peerASN}: no node and no floating IP peers with it`]
  const of = (kind: 'control plane' | 'floating IP') => neighbors.filter((each) => each.kind === kind)
  const named = (['control plane', 'floating IP'] as const).flatMap((kind) => {
    const some = of(kind)
    const label = kind === 'floating IP' && some.length > 1 ? 'floating IPs' : kind
    return some.length === 0 ? [] : [`${some.map((each) => each.address).join(', ')} (${label})`]
  })
  const asns = [...new Set(neighbors.map((each) => each.asn))].join(' and ')
  const multihop = neighbors.filter((each) => each.multihop !== undefined)
  const reasons = [...new Set(multihop.map((each) => each.multihop!))]
  const needs = [
    ...(multihop.length === 0
      ? []
      : [
          `multihop ${multihop.length === neighbors.length ? 'for all' : `for ${multihop.map((each) => each.address).join(', ')}`}: ${reasons.join('; ')}`,
        ]),
    [
      addPathReceive ? 'receive ADD-PATH' : '',
      `use ${paths} ${paths === 1 ? 'path' : 'paths'}${paths > 1 ? ' (ECMP)' : ''}`,
      'accept TCP 179',
    ]
      .filter((each) => each !== '')
      .join(' · '),
    `take ${prefixes.join(', ')} (each VIP as a /32), and pass them on: they must be reached from everywhere in the cluster (R8)`,
    ...(routesTo.length === 0 ? [] : [`have a route to ${routesTo.join(', ')}, and be reached from there`]),
  ]
  const indent = ' '.repeat(peerIP.length + 2)
  return [`${peerIP}  AS ${peerASN}, must know ${named.join(' and ')} in AS ${asns}`, ...needs.map((need) => indent + need)]
}
