import { describe, expect, it } from 'vitest'
import { EVENT } from '../../../src/cluster/api/index.ts'
import { SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import { MemoryLab } from '../lab-in-memory.ts'

const timers = TIMER_PROFILES.fast

/** `Moved FloatingIP/10.0.1.100`, in the order in which they were told. */
function story(lab: MemoryLab): { readonly said: string; readonly message: string; readonly at: string }[] {
  return lab.plane.store.list(EVENT).items.map(({ spec }) => ({
    said: `${spec!.reason} ${spec!.involvedObject.kind}/${spec!.involvedObject.name}`,
    message: spec!.message,
    at: spec!.lastTimestamp,
  }))
}

describe('the events of a failover', () => {
  it('R17: tell it from the silent node to the session that is back, in that order', () => {
    const lab = new MemoryLab()
    lab.converge()
    const before = story(lab).at(-1)!.at
    lab.universe.powerOff('node-04')
    lab.until('the floating IP moves', () => lab.places()['10.0.1.100'] === 'node-05', timers.leaseDuration + SECOND)
    lab.until('four sessions again', () => lab.established() === 4 && lab.hops('tor1').length === 2, 15 * SECOND)
    lab.run(3 * SECOND)
    const told = story(lab).filter((each) => each.at > before)
    expect(told.map((each) => each.at)).toEqual(told.map((each) => each.at).sort())
    const said = told.map((each) => each.said)
    const chapters = [
      'NodeNotReady Node/node-04',
      'Moved FloatingIP/10.0.1.100',
      'NextHopsChanged BGPAdvertisedRoute/bgplb-default-web',
      'SessionLost BGPSession/10.8.0.10-node-04',
      'Planned BGPSession/10.8.0.10-node-05',
      'Established BGPSession/10.8.0.10-node-05',
    ]
    for (const chapter of chapters) expect(said).toContain(chapter)
    const at = (chapter: string) => said.indexOf(chapter)
    expect(at(chapters[0]!)).toBe(0)
    expect(at(chapters[1]!)).toBeLessThan(at(chapters[4]!))
    expect(at(chapters[1]!)).toBeLessThan(at(chapters[3]!))
    expect(said.indexOf(chapters[5]!)).toBeGreaterThan(at(chapters[3]!))
    expect(told.find((each) => each.said === chapters[1])!.message).toMatch(/^node-04 → node-05: /)
    expect(told.find((each) => each.said === chapters[3])!.message).toBe('from 10.0.1.100 on node-04 to 10.8.0.10: node-04 is not Ready')
  })

  it('R36: tell of a session that is lost why it is, as its speaker knows', () => {
    const lab = new MemoryLab()
    lab.converge()
    lab.universe.cut('tor2')
    const lost = () => story(lab).filter((each) => each.said === 'SessionLost BGPSession/10.8.0.11-node-04')
    lab.until('the session is lost', () => lost().length > 0, 15 * SECOND)
    expect(lost().map((each) => each.message)).toEqual([
      expect.stringMatching(
        /^from 10\.0\.1\.100 on node-04 to 10\.8\.0\.11: now \w+: hold timer expired: nothing was heard from 10\.8\.0\.11$/,
      ),
    ])
  })

  it('R22: say which VIPs have another next hop where there is no ADD-PATH', () => {
    const lab = new MemoryLab({ addPathReceive: false })
    lab.until('four sessions', () => lab.established() === 4 && lab.hops('tor1').length === 1, 20 * SECOND)
    lab.run(2 * SECOND)
    const [hop] = lab.hops('tor1')
    const node = { '10.0.1.14': 'node-04', '10.0.1.15': 'node-05', '10.0.2.16': 'node-06' }[hop!]!
    lab.universe.powerOff(node)
    lab.until('another next hop', () => lab.hops('tor1')[0] !== hop && lab.hops('tor1').length === 1, 15 * SECOND)
    const told = story(lab).find((each) => each.said === 'Reassigned BGPAdvertisedRoute/bgplb-default-web')
    expect(told?.message).toBe(`10.0.0.1/32: ${hop} → ${lab.hops('tor1')[0]}, for sessions without ADD-PATH`)
  })
})
