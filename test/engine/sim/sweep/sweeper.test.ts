import { describe, expect, test } from 'vitest'
import { combinations, explained, failuresOf, Sweeper, worstFirst } from '../../../../src/engine/sim/sweep/index.ts'
import { FAILURE_KINDS, type SweepCase } from '../../../../src/model/index.ts'
import { fail, load } from './lab.ts'

/** What was found, without how long exactly it took: that hangs on where in their intervals keepalives and renewals were. */
function finding({ name, skipped, survival, broken, unassigned, nextHops }: SweepCase) {
  const paths = broken.map(
    ({ from, service, flows, lost, forGood, cause }) =>
      `${from} ${service} ${lost}/${flows} ${forGood} ${cause?.code} ${cause?.place?.path}`,
  )
  return { name, skipped, survival, paths: paths.sort(), unassigned, nextHops }
}

describe('a sweep', () => {
  test.each(['peers-per-rack'])('of %s finds in one lab what it finds in fresh ones', { timeout: 120_000 }, (name) => {
    const { plan, files } = load(name)
    const cases = combinations(failuresOf(plan, FAILURE_KINDS), 1)
    const run = (alwaysFresh: boolean) => {
      const sweeper = new Sweeper(plan, { alwaysFresh })
      return { found: cases.map((each) => explained(plan, files, sweeper.run(each))), labs: sweeper.labs }
    }
    const [together, fresh] = [run(false), run(true)]
    expect(fresh.labs).toBe(cases.length)
    expect(together.labs).toBeLessThan(cases.length / 3)
    expect(together.found.map(finding)).toEqual(fresh.found.map(finding))
  })

  test('has the worst first: lost for good, then what may last longest, to the microsecond', () => {
    const { plan, files } = load('shared-peers')
    const failures = failuresOf(plan, FAILURE_KINDS).filter(({ name }) =>
      ['node-04', 'core', 'tor1', 'tor2', 'session core–tor1'].includes(name),
    )
    const found = worstFirst(failures.map((each) => explained(plan, files, new Sweeper(plan).run([each]))))
    expect(found.map(({ name }) => name).slice(0, 2)).toEqual(['core', 'node-04'])
    const [first, ...others] = found.slice(2).map(({ outage }) => outage)
    expect(others).toEqual(others.toSorted((a, b) => b - a))
    expect(first).toBeGreaterThanOrEqual(others[0] ?? 0)
  })

  test('does the same again', () => {
    const run = () => JSON.stringify(fail(load('shared-peers'), 'node-05'))
    expect(run()).toBe(run())
  })
})

describe('one failure', () => {
  test('is timed from the failure itself: a link that is cut', () => {
    const found = fail(load('shared-peers'), 'link core–client')
    // The client is its own last cable: it does not count as a source without it.
    expect(found).toMatchObject({ survival: 'none', broken: [] })
    const cut = fail(load('split-planes'), 'link tor3–core')
    const client = cut.broken.find(({ from, service }) => from === 'client' && service === 'default/web')
    expect(client).toMatchObject({ forGood: true, lost: 12, flows: 12, brokenAt: 2 })
    expect(client?.path.slice(0, 3)).toEqual(['client', 'core', 'tor3'])
  })

  test('a floating IP that moved and stays is told, and is no fault', () => {
    const found = fail(load('peers-per-rack'), 'node-02')
    expect(found.repair.state).toBe('moved')
    expect(found.repair.differences[0]).toBe('floating IP 10.0.1.100: node-02 → node-04')
  })

  test('what is on its way at the moment of the comparison is not lost', () => {
    const { plan } = load('shared-peers')
    const failures = (...names: string[]) => failuresOf(plan, FAILURE_KINDS).filter(({ name }) => names.includes(name))
    const sweeper = new Sweeper(plan)
    sweeper.run(failures('node-01', 'session tor1–10.0.2.100'))
    const { repair } = sweeper.run(failures('node-03', 'link core–client'))
    expect(sweeper.labs).toBe(1)
    expect(repair).toMatchObject({ state: 'moved' })
    expect(repair.differences.filter((each) => each.includes('no answer'))).toEqual([])
  })

  test('a session that heals late is waited for', () => {
    const { plan } = load('shared-peers')
    const failures = failuresOf(plan, ['link']).filter(({ name }) => ['link rack1–tor2', 'link rack1–node-05'].includes(name))
    const { repair } = new Sweeper(plan, { seed: '4' }).run(failures)
    // tor2's kernel goes on without the next hops that its rack link took along; its sessions are all there.
    expect(repair.differences.filter((each) => each.includes(' session '))).toEqual([])
    // Longer than hold time and lease.
    expect(repair.after).toBeGreaterThan(100_000_000)
  })

  test('a link that comes back is not in the kernel’s group of next hops', () => {
    const { plan } = load('shared-peers')
    const uplink = failuresOf(plan, ['link']).filter(({ name }) => name === 'link tor1–core')
    const { state, differences } = new Sweeper(plan).run(uplink).repair
    expect(state).toBe('unclean')
    expect(differences).toContain('core FIB 10.0.0.1/32: 10.9.0.1 tor1, 10.9.0.5 tor2 → 10.9.0.5 tor2')
    expect(differences.filter((each) => !each.startsWith('core FIB '))).toEqual([])
  })

  test('losses that are too short to be told are kept', () => {
    const found = fail(load('shared-peers'), 'link rack1–tor2')
    expect(found).toMatchObject({ survival: 'none', outage: 0 })
    expect(found.brief[0]).toMatchObject({ from: 'client' })
    expect(found.brief[0]?.outage).toBeGreaterThan(0)
    expect(found.brief[0]?.outage).toBeLessThan(200_000)
    expect(fail(load('shared-peers'), 'link core–admin').brief).toEqual([])
  })

  test('next hops that went are named', () => {
    const found = fail(load('shared-peers'), 'node-04')
    expect(found.nextHops.find(({ vip }) => vip === '10.0.0.2')).toEqual({
      vip: '10.0.0.2',
      before: ['node-04', 'node-05', 'node-06'],
      after: ['node-05', 'node-06'],
    })
  })

  test('a floating IP that is taken out of the gateway costs nothing where another one is left', () => {
    const found = fail(load('shared-peers'), 'floating IP 10.0.1.100')
    expect(found).toMatchObject({ survival: 'none', repair: { state: 'clean' } })
    expect(found.convergence).toBeGreaterThan(0)
  })

  test('the last floating IP cannot be taken out: the API says so', () => {
    const found = fail(load('shared-peers', { '    - 10.0.1.100\n': '' }), 'floating IP 10.0.2.100')
    expect(found.skipped).toContain('the API refuses it (422)')
  })

  test('a session that is not up cannot be reset', () => {
    const one = load('shared-peers', {
      '    - 10.0.1.100\n': '',
      '    - 10.0.2.100\n': '    - 10.0.2.100\n    - 10.0.2.101\n    - 10.0.2.102\n',
    })
    const found = failuresOf(one.plan, ['session'])
      .map(({ name }) => name)
      .filter((name) => /tor1–10\.0\.2\.10[012]/.test(name))
    // Two sessions with each peer are kept (R18).
    expect(found.map((name) => fail(one, name).skipped).filter((why) => why !== undefined)).toHaveLength(1)
  })

  test('two at one moment: both ToRs take everything that crosses them', () => {
    const found = fail(load('shared-peers'), 'tor1', 'tor2')
    expect(found.name).toBe('tor1 + tor2')
    expect(found.broken[0]).toMatchObject({
      from: 'client',
      forGood: true,
      cause: { code: 'single-router', message: 'tor1, tor2 are all routers of rack1' },
    })
  })

  test('what is lost before anything fails is told apart', () => {
    const { plan } = load('shared-peers', { 'address: 10.0.1.20': 'address: 10.0.1.20' })
    expect(new Sweeper(plan).lostBefore()).toEqual([])
    const without = { ...plan, routers: plan.routers.map((router) => (router.name === 'core' ? { ...router, neighbors: [] } : router)) }
    const lost = new Sweeper(without).lostBefore()
    expect(lost[0]).toMatchObject({ from: 'client', forGood: true })
  })
})
