/** Whether a peer uses every node that announces the VIP (R10). Pure. */
import type { TogetherFacts } from './facts.ts'
import { byNode, byRouter, configuration, type Found, peerName } from './finding.ts'

/** How many of the announcing nodes the peer uses; `undefined` where its tables cannot be read. */
export function usedOf({ announcing, paths }: TogetherFacts): number | undefined {
  if (paths === undefined) return undefined
  return announcing.filter(({ address }) => paths.some((path) => path.nextHop === address && path.used)).length
}

/** `undefined` where every node is used, or nobody can tell. */
export function judgeTogether(vip: string, facts: TogetherFacts): Found | undefined {
  const { announcing, paths, router, flows } = facts
  const used = usedOf(facts)
  if (announcing.length < 2 || paths === undefined || used === undefined || used === announcing.length) return undefined
  const peer = peerName(facts, router)
  const there = announcing.filter(({ address }) => paths.some((path) => path.nextHop === address && path.valid))
  const missing = announcing.filter((node) => !there.includes(node))
  const shares = Object.entries(flows?.byNode ?? {}).map(([node, count]) => `${node} ${count}`)
  const seen =
    flows === undefined
      ? []
      : [byNode(`${flows.sent} flows from ${flows.from}: ${shares.length === 0 ? 'none arrived' : shares.join(', ')}`)]
  if (missing.length > 0)
    return {
      code: 'path-missing',
      cause: `while all nodes announce ${vip}, ${peer} lacks the path of ${missing.map(({ node }) => node).join(', ')}, which alone it took`,
      cure: [`look for a limit of prefixes or paths at ${router?.name ?? facts.peerIP}`],
      evidence: [...seen, byRouter(`${router?.name} has ${there.length} of ${announcing.length} paths to ${vip}/32`)],
    }
  const want = announcing.length
  return {
    code: 'no-ecmp',
    cause: `${peer} uses ${used} of ${want} equal paths to ${vip}: ${used === 1 ? 'it does no ECMP' : `its limit is ${used}`}, so ${want - used} of ${want} nodes get no traffic (R10)`,
    cure: [
      'at the peer, allow several paths:',
      ...configuration(router, {
        frr: ['address-family ipv4 unicast', ` maximum-paths ${want}`],
        gobgp: ['[global.use-multiple-paths.config]', 'enabled = true'],
      }),
    ],
    evidence: [
      ...seen,
      byRouter(
        `${router?.name} has ${there.length} paths to ${vip}/32 and uses ${used}; its kernel forwards to ${facts.installed?.join(', ') || 'nobody'}`,
      ),
    ],
  }
}
