import { describe, expect, test } from 'vitest'
import { SECOND } from '../../src/model/index.ts'
import type { Body } from '../../src/scenario/definition.ts'
import { type ExecuteOptions, execute } from '../../src/scenario/execute.ts'
import type { Scenario } from '../../src/scenario/index.ts'
import { FakeLab, fib } from './fake-lab.ts'

const VIP = '10.0.0.1/32'

function declared(body: Body): Scenario {
  return { title: 'a test', topology: 'shared-peers', body, place: undefined }
}

/** Runs `body`, while `script` makes things happen. */
async function run(lab: FakeLab, body: Body, script: (lab: FakeLab) => Promise<void> = async () => {}, options: ExecuteOptions = {}) {
  const [executed] = await Promise.all([execute(declared(body), lab, { alarm: lab.alarm, ...options }), script(lab)])
  return executed
}

describe('within', () => {
  test('is woken by the event, and records how long it took and how exact that is', async () => {
    const lab = new FakeLab()
    const executed = await run(
      lab,
      async ({ lab: scene, expect: sure }) => {
        await sure(scene.routers.tor1).toHaveRoute(VIP, { nextHops: [scene.node('node-04')], within: '5s' })
      },
      async () => {
        await lab.advance(SECOND)
        lab.fib('tor1', VIP, ['10.0.1.20'])
        await lab.advance(SECOND)
        lab.route('tor1', VIP, ['10.0.1.20'])
      },
    )
    expect(executed.verdict).toBe('passed')
    expect(executed.assertions).toMatchObject([
      { name: 'tor1 has 10.0.0.1/32 via 10.0.1.20', holds: true, timeToHold: 2 * SECOND, uncertainty: 2_000, within: 5 * SECOND },
    ])
    expect(executed.assertions[0]?.place?.file).toMatch(/execute\.test\.ts$/)
  })

  test('fails at its deadline with the difference, and since when it has been so', async () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.20', '10.0.1.21'])
    await lab.advance(8 * SECOND)
    const executed = await run(
      lab,
      async ({ lab: scene, expect: sure }) => {
        const failed = await scene.node('node-04').powerOff()
        await sure(scene.routers.tor1).toLoseNextHop(VIP, failed.node, { since: failed, within: '15s' })
      },
      () => lab.advance(16 * SECOND),
    )
    expect(executed.verdict).toBe('failed')
    const [assertion] = executed.assertions
    expect(assertion).toMatchObject({
      name: 'tor1 loses next hop 10.0.1.20 of 10.0.0.1/32',
      code: 'not-in-time',
      message: 'not within 15.0 s',
    })
    const row = assertion?.differences[1]?.rows[0]
    expect(row).toMatchObject({ what: 'via 10.0.1.20', expected: 'absent', seen: 'present', ok: false })
    expect(row!.since! - assertion!.reference).toBe(-8 * SECOND)
  })

  test('judges by the stamps: what held between the fault and the question counts, what came too late does not', async () => {
    const lab = new FakeLab()
    lab.floatingIp('10.0.1.100', 'node-04')
    const executed = await run(
      lab,
      async ({ lab: scene, expect: sure }) => {
        const failed = await scene.node('node-04').powerOff()
        await sure(scene.routers.tor1).toHaveRoute(VIP, { table: 'fib', within: '20s' })
        const moved = await sure(scene.floatingIp('10.0.1.100')).toMove({ since: failed, within: '5s' })
        expect(moved).toMatchObject({ after: 3 * SECOND, from: 'node-04' })
        expect(moved.to?.name).toBe('node-05')
        await sure(scene.floatingIp('10.0.1.100')).toMove({ since: failed, within: '2s', name: 'too early' })
      },
      async () => {
        await lab.advance(3 * SECOND)
        lab.floatingIp('10.0.1.100', 'node-05')
        await lab.advance(6 * SECOND)
        lab.fib('tor1', VIP, ['10.0.1.20'])
      },
    )
    expect(executed.assertions.map((each) => [each.name, each.holds])).toEqual([
      ['tor1 has 10.0.0.1/32', true],
      ['10.0.1.100 moves', true],
      ['too early', false],
    ])
    expect(executed.assertions[2]?.message).toBe('held only after 2.0 s')
  })
})

describe('without within', () => {
  test('it is one fresh read, whatever the events say', async () => {
    const lab = new FakeLab()
    lab.fib('tor1', VIP, ['10.0.1.20'])
    lab.fresh.fib = [fib('tor1', VIP, ['10.0.1.21'])]
    const executed = await run(lab, async ({ lab: scene, expect: sure }) => {
      await sure(scene.routers.tor1).toHaveRoute(VIP, { nextHops: ['10.0.1.20'], table: 'fib' })
    })
    expect(executed.assertions[0]).toMatchObject({ holds: false, code: 'does-not-hold' })
  })
})

describe('since', () => {
  test('a next hop that was never there cannot be lost', async () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.21'])
    const executed = await run(lab, async ({ lab: scene, expect: sure }) => {
      const failed = await scene.node('node-04').powerOff()
      await sure(scene.routers.tor1).toLoseNextHop(VIP, failed.node, { since: failed, within: '15s' })
    })
    expect(executed.assertions[0]).toMatchObject({ holds: false, code: 'vacuous' })
    expect(executed.assertions[0]?.message).toContain('10.0.1.20 was already absent from the BGP table')
  })

  test('what already held then is vacuous', async () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.21'])
    const since = lab.now()
    const executed = await run(lab, async ({ lab: scene, expect: sure }) => {
      await sure(scene.routers.tor1).toHaveRoute(VIP, { since, within: '1s' })
    })
    expect(executed.assertions[0]).toMatchObject({ holds: false, code: 'vacuous' })
  })
})

describe('always and never', () => {
  const body: Body = async ({ lab: scene, expect: sure }) => {
    sure.always(scene.routers.tor1).toKeepRoute(VIP)
    sure.never(scene.routers.tor1).toHaveNextHop(VIP, '10.0.1.10')
    await sure(scene.floatingIp('10.0.1.100')).toBeHeldBy(scene.node('node-05'), { within: '10s' })
  }

  test('hold when every change leaves them so', async () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.20', '10.0.1.21'])
    const executed = await run(lab, body, async () => {
      lab.both('tor1', VIP, ['10.0.1.21'])
      await lab.advance(SECOND)
      lab.floatingIp('10.0.1.100', 'node-05')
    })
    expect(executed.verdict).toBe('passed')
    expect(executed.assertions.map((each) => each.name)).toContain('tor1 keeps 10.0.0.1/32')
  })

  test('are broken by a moment that is over before anyone asks', async () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.20'])
    const executed = await run(lab, body, async () => {
      await lab.advance(SECOND)
      lab.fib('tor1', VIP, [])
      lab.fib('tor1', VIP, ['10.0.1.10'])
      lab.floatingIp('10.0.1.100', 'node-05')
    })
    expect(executed.verdict).toBe('failed')
    const broken = executed.assertions.filter((each) => !each.holds)
    expect(broken.map((each) => [each.name, each.code])).toEqual([
      ['tor1 keeps 10.0.0.1/32', 'violated'],
      ['tor1 never has 10.0.0.1/32 via 10.0.1.10', 'violated'],
    ])
    expect(broken[0]?.message).toBe('broken 1.0 s after it was asked for')
  })

  test('fail at once when they do not hold at the start', async () => {
    const lab = new FakeLab()
    const executed = await run(lab, async ({ lab: scene, expect: sure }) => sure.always(scene.routers.tor1).toKeepRoute(VIP))
    expect(executed.assertions[0]).toMatchObject({ holds: false, message: 'did not hold when it was asked for' })
  })

  test('for a while: the end of the while is enough', async () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.20'])
    const keep: Body = async ({ lab: scene, expect: sure }) => void (await sure(scene.routers.tor1).toKeepRoute(VIP, { for: '3s' }))
    expect((await run(lab, keep, () => lab.advance(4 * SECOND))).verdict).toBe('passed')
    const broken = await run(lab, keep, async () => {
      await lab.advance(SECOND)
      lab.fib('tor1', VIP, [])
    })
    expect(broken.assertions[0]).toMatchObject({ holds: false, code: 'violated' })
  })
})

describe('what must be awaited', () => {
  test('a forgotten await fails the scenario with its line', async () => {
    const lab = new FakeLab()
    const executed = await run(lab, async ({ lab: scene, expect: sure }) => {
      sure(scene.routers.tor1).toHaveRoute(VIP, { within: '5s' })
    })
    expect(executed.verdict).toBe('failed')
    expect(executed.assertions[0]).toMatchObject({ name: 'tor1 has 10.0.0.1/32', code: 'not-awaited' })
    expect(executed.assertions[0]?.place?.line).toBeGreaterThan(0)
  })

  test('a forgotten fault and a forgotten step fail it too', async () => {
    const lab = new FakeLab()
    const executed = await run(lab, async ({ lab: scene, step }) => {
      scene.node('node-04').powerOff()
      step('nothing', () => {})
    })
    expect(executed.assertions.map((each) => [each.name, each.code])).toEqual([
      ['power-off of node-04', 'not-awaited'],
      ['step nothing', 'not-awaited'],
    ])
  })

  test('a step, an arrow that returns it, and Promise.all are ways to wait', async () => {
    const lab = new FakeLab()
    lab.both('tor1', VIP, ['10.0.1.20'])
    const executed = await run(lab, async ({ lab: scene, step, expect: sure }) => {
      const tor1 = scene.routers.tor1
      await step('one', () => sure(tor1).toHaveRoute(VIP))
      await Promise.all([sure(tor1).toHaveRoute(VIP), sure(tor1).toHaveRoute(VIP, { within: '1s' })])
    })
    expect(executed.verdict).toBe('passed')
    expect(lab.events.all.filter((event) => event.type === 'step').map((event) => event.phase)).toEqual(['start', 'end'])
  })
})

describe('the way back', () => {
  test('faults are undone, the last first, also when the scenario fails', async () => {
    const lab = new FakeLab()
    const executed = await run(lab, async ({ lab: scene }) => {
      await scene.routers.tor1!.linkDown('rack1')
      await scene.node('node-04').powerOff()
      throw new Error('no luck')
    })
    expect(executed.verdict).toBe('error')
    expect(executed.problems[0]).toContain('no luck')
    expect(lab.calls).toEqual(['down tor1 rack1', 'off node-04', 'on node-04', 'up tor1 rack1'])
  })

  test('a cure in the scenario takes the place of the undo, and a probe ends with the scenario', async () => {
    const lab = new FakeLab()
    await run(lab, async ({ lab: scene }) => {
      await scene.client('client').probe({ vip: '10.0.0.1', port: 80, protocol: 'udp', flows: 30, packetsPerSecond: 10 })
      await scene.node('node-04').powerOff()
      await scene.node('node-04').powerOn()
    })
    expect(lab.calls).toEqual(['off node-04', 'on node-04', 'stop udp-1'])
  })

  test('an undo that fails is told', async () => {
    const lab = new FakeLab()
    lab.failing.add('on')
    const executed = await run(lab, async ({ lab: scene }) => void (await scene.node('node-04').powerOff()))
    expect(executed.verdict).toBe('error')
    expect(executed.problems).toEqual(['undo power-off of node-04: on node-04 does not work'])
  })

  test('an interruption ends the waiting at once, and undoes', async () => {
    const lab = new FakeLab()
    const interrupt = new AbortController()
    const executed = await run(
      lab,
      async ({ lab: scene, expect: sure }) => {
        await scene.node('node-04').powerOff()
        await sure(scene.routers.tor1).toHaveRoute(VIP, { within: '60s' })
      },
      async () => {
        await lab.advance(SECOND)
        interrupt.abort()
      },
      { signal: interrupt.signal },
    )
    expect(executed.verdict).toBe('cancelled')
    expect(lab.calls).toEqual(['off node-04', 'on node-04'])
  })

  test('what only the audit saw fails the run', async () => {
    const lab = new FakeLab()
    lab.emit({ type: 'missed-event', device: 'tor1', what: 'route 10.0.0.1/32' })
    const executed = await run(lab, async () => {})
    expect(executed.verdict).toBe('error')
    expect(executed.problems[0]).toContain('missed event at tor1')
  })
})

test('an unknown name is an error that says which there are', async () => {
  const executed = await run(new FakeLab(), async ({ lab: scene }) => void scene.routers.tor3)
  expect(executed.problems[0]).toContain('there is no router of shared-peers called tor3; there are tor1, tor2, core (did you mean tor1?)')
})

test('measurements and lines for people come out', async () => {
  const executed = await run(new FakeLab(), async ({ measure, tell, expect: sure }) => {
    measure('worst flow', 3_100_000)
    tell('30 flows')
    sure.that('at least one', true)
    sure.that('none', false, 'there were 3')
  })
  expect(executed.measurements).toEqual({ 'worst flow': 3_100_000 })
  expect(executed.summary).toEqual(['30 flows'])
  expect(executed.assertions.map((each) => each.holds)).toEqual([true, false])
  expect(executed.assertions[1]?.message).toBe('there were 3')
})

describe('what nobody awaits', () => {
  /** Errors that reach nobody, as the process would hand them over. */
  const strays = () => {
    let listener: ((error: unknown) => void) | undefined
    const onStray = (heard: (error: unknown) => void) => {
      listener = heard
      return () => {
        listener = undefined
      }
    }
    return { onStray, throwIt: (error: unknown) => listener?.(error), heard: () => listener !== undefined }
  }

  test('ends the scenario with the error that nobody caught, and no longer listens', async () => {
    const { onStray, throwIt, heard } = strays()
    const lab = new FakeLab()
    const body: Body = async ({ lab: scene, expect: sure }) => {
      await scene.node('node-04').powerOff()
      throwIt(new Error('nobody caught me'))
      await sure(scene.routers.tor1).toHaveRoute(VIP, { within: '60s' })
    }
    const executed = await run(lab, body, undefined, { onStray })
    expect(executed).toMatchObject({ verdict: 'error', problems: [expect.stringContaining('nobody caught me')] })
    expect(lab.calls).toContain('on node-04')
    expect(heard()).toBe(false)
  })

  test('names what a function that was not awaited still waited for', async () => {
    const { onStray, throwIt } = strays()
    const lab = new FakeLab()
    const body: Body = async ({ lab: scene, expect: sure }) => {
      const check = async () => await sure(scene.routers.tor1).toHaveRoute(VIP, { within: '10s' })
      check().catch(throwIt)
    }
    const executed = await run(lab, body, undefined, { onStray, audit: async () => [] })
    expect(executed.verdict).toBe('error')
    expect(executed.problems).toEqual([
      expect.stringMatching(/^the scenario ended before tor1 has 10\.0\.0\.1\/32 \(line \d+\): an `await` is missing/),
    ])
  })
})
