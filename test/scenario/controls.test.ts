import { describe, expect, test } from 'vitest'
import { type AssertionResult, SECOND } from '../../src/model/index.ts'
import { controlMode, judgeControl, mergeTopology } from '../../src/scenario/controls.ts'
import type { Control, Scenario } from '../../src/scenario/definition.ts'
import { execute } from '../../src/scenario/execute.ts'
import { FakeLab } from './fake-lab.ts'

const result = (name: string, holds: boolean, code?: string): AssertionResult => ({
  name,
  holds,
  ...(code && { code }),
  at: 0,
  reference: 0,
  differences: [],
})

function judge(control: Partial<Control>, assertions: readonly AssertionResult[], problems: readonly string[] = []) {
  return judgeControl({ name: 'c', mustFail: ['a'], ...control }, { verdict: 'failed', problems, assertions })
}

describe('a control', () => {
  test('is right when exactly the named assertions failed', () => {
    expect(judge({}, [result('a', false), result('b', true)])).toEqual([])
    expect(judge({ mustFail: [/^a/] }, [result('a1', false), result('a2', false)])).toEqual([])
  })

  test('is wrong when a named assertion held, or was never made', () => {
    expect(judge({}, [result('a', true)])[0]).toContain('"a" held')
    expect(judge({ mustFail: [/^a/] }, [result('a1', false), result('a2', true)])[0]).toContain('"a2" held')
    expect(judge({}, [result('b', true)])[0]).toContain('no assertion is called a')
  })

  test('is wrong when it fails elsewhere, or for want of an await, or of a change', () => {
    expect(judge({}, [result('a', false), result('b', false)])[0]).toContain('"b" failed, which this control is not about')
    expect(judge({}, [result('a', false, 'not-awaited')])).toHaveLength(1)
    expect(judge({}, [result('a', false, 'vacuous')])[0]).toContain('vacuous')
    expect(judge({}, [result('a', false)], ['the lab broke'])).toEqual(['the lab broke'])
  })
})

test('a fault left out: the run goes on past the first failure, costs its patience once, and touches nothing', async () => {
  const lab = new FakeLab()
  lab.floatingIp('10.0.1.100', 'node-04')
  lab.session('tor1', '10.0.1.100', 'Established')
  const scenario: Scenario = {
    title: 't',
    topology: 'shared-peers',
    place: undefined,
    body: async ({ lab: scene, expect: sure }) => {
      const failed = await scene.floatingIp('10.0.1.100').holder.powerOff()
      const moved = await sure(scene.floatingIp('10.0.1.100')).toMove({ since: failed, within: '15s' })
      expect(moved).toMatchObject({ holds: false })
      await sure(scene.routers.tor1).toReestablishSession('10.0.1.100', { since: failed, within: '60s' })
      await sure(scene.routers.tor1).toHaveSession('10.0.1.100', { within: '30s' })
    },
  }
  const control: Control = { name: 'no fault', leaveOut: ['power-off'], patience: '4s', mustFail: ['10.0.1.100 moves', /up again$/] }
  const start = lab.now()
  const [executed] = await Promise.all([
    execute(scenario, lab, { alarm: lab.alarm, control: controlMode(control) }),
    lab.advance(5 * SECOND),
  ])
  expect(executed.ended - start).toBe(4 * SECOND)
  expect(lab.calls).toEqual([])
  expect(judgeControl(control, executed)).toEqual([])
  expect(executed.assertions.map((each) => each.holds)).toEqual([false, false, true])
})

test('topology options are merged key by key, the later one wins', () => {
  expect(
    mergeTopology(
      { addPath: { tor1: true, tor2: true } },
      undefined,
      { addPath: { tor2: false }, hashSeeds: false },
      { routers: { tor1: 'frr' } },
    ),
  ).toEqual({ addPath: { tor1: true, tor2: false }, hashSeeds: false, routers: { tor1: 'frr' } })
})
