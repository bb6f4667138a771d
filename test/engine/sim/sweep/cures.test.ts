import { describe, expect, test } from 'vitest'
import { explained, failuresOf, Sweeper } from '../../../../src/engine/sim/sweep/index.ts'
import type { BrokenPath, Cause, SweepCase } from '../../../../src/model/index.ts'
import { type Changes, fail, lineOf, load } from './lab.ts'

interface Offer {
  readonly failure: string
  readonly cause: Cause
  readonly paths: readonly string[]
}

/** What is lost for good to a router or a cable, and the line that is said to save it. */
function offersOf(topology: string): Offer[] {
  const { plan, files } = load(topology)
  const sweeper = new Sweeper(plan)
  const cases = failuresOf(plan, ['router', 'link']).map((each): SweepCase => explained(plan, files, sweeper.run([each])))
  return cases.flatMap(({ name, broken }) => {
    const cures = Map.groupBy(
      broken.filter(({ forGood, cause }) => forGood && cause?.place !== undefined),
      ({ cause }) => `${cause?.code} ${cause?.cure}`,
    )
    return [...cures.values()].map((paths): Offer => ({ failure: name, cause: paths[0]!.cause!, paths: lostOf(paths) }))
  })
}

function lostOf(broken: readonly BrokenPath[]): string[] {
  return broken.filter(({ forGood }) => forGood).map(({ from, service }) => `${from} → ${service}`)
}

/** The change of the files that the words name, and nothing else; an address is free to choose. */
function literally(topology: string, { cure, place }: Cause): Changes {
  const beside = /^a second router beside it \((.*)\)$/.exec(cure)
  const rack = /^(rack\d) among the racks of tor\d(?:, and a peer on it \(cluster\.yaml:(\d+):\d+\))?$/.exec(cure)
  const line = lineOf(topology, 'topology.yaml', place!.line)
  if (beside?.[1] !== undefined) return { [line]: `${line}\n  ${beside[1]}` }
  if (rack?.[1] === undefined) throw new Error(`nobody could follow these words: ${cure}`)
  const address = `10.0.${rack[1].at(-1)}.253`
  const router = { [line]: line.replace(/(racks: \{.*?) \}/, `$1, ${rack[1]}: ${address} }`) }
  if (rack[2] === undefined) return router
  const peers = lineOf(topology, 'cluster.yaml', Number(rack[2]))
  return { ...router, [`\n${peers}\n    - peerIP`]: `\n${peers}\n    - peerIP: ${address}\n      peerASN: 65002\n    - peerIP` }
}

describe('every line that is said to save something does, written as it is said', () => {
  test.each([
    { topology: 'shared-peers', offers: 2 },
    { topology: 'peers-per-rack', offers: 7 },
    { topology: 'split-planes', offers: 12 },
  ])('$topology', { timeout: 120_000 }, ({ topology, offers }) => {
    const all = offersOf(topology)
    expect(all.length).toBe(offers)
    for (const { failure, cause, paths } of all) {
      const left = lostOf(fail(load(topology, literally(topology, cause)), failure).broken)
      expect(
        paths.filter((path) => left.includes(path)),
        `${failure}: ${cause.cure}`,
      ).toEqual([])
    }
  })
})
