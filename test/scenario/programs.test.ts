import { describe, expect, it } from 'vitest'
import { type Body, execute, type ProgramHandle, scenario } from '../../src/scenario/index.ts'
import { FakeLab, settle } from './fake-lab.ts'

function start(body: Body, lab = new FakeLab()) {
  const done = execute(scenario('test', { topology: 'shared-peers' }, body), lab, { alarm: lab.alarm })
  return { lab, done }
}

const names = (assertions: readonly { readonly name: string; readonly holds: boolean }[]) =>
  assertions.map(({ name, holds }) => [name, holds])

describe('a program on a device', () => {
  it('says lines and ends; both are records, and expectations wake on them', async () => {
    let program: ProgramHandle | undefined
    const { lab, done } = start(async ({ lab: scene, expect: that }) => {
      const node = scene.node('node-01')
      await node.copy('/tmp/a.conf', 'a: 1\n')
      await node.install('bgpadvertiser', '/tmp/bgpadvertiser')
      program = await node.start('/tmp/bgpadvertiser', '--help')
      await that(program).toSay(/^hello$/, { within: '5s' })
      const { at } = await program.ctrlC()
      await that(program).toSay(/^bye/, { since: at, within: '1s' })
      await that(program).toEnd({ within: '5s', code: 0 })
    })
    await settle()
    expect(lab.calls).toEqual(['copy /tmp/a.conf to node-01', 'install bgpadvertiser as /tmp/bgpadvertiser on node-01'])
    lab.program?.line('hello')
    await settle()
    expect(lab.program?.interrupts).toBe(1)
    lab.program?.line('bye bye')
    lab.program?.end(0)
    const { verdict, assertions } = await done
    expect(names(assertions)).toEqual([
      ['bgpadvertiser on node-01 says ^hello$', true],
      ['bgpadvertiser on node-01 says ^bye', true],
      ['bgpadvertiser on node-01 ends', true],
    ])
    expect(verdict).toBe('passed')
    expect(lab.program?.interrupts).toBe(1)
  })

  it('fails with what it said in place of the line, and is interrupted at the end of the scenario', async () => {
    const { lab, done } = start(async ({ lab: scene, expect: that }) => {
      const program = await scene.node('node-01').start('sleep', '60')
      await that(program).toSay(/awake/, { within: '2s' })
    })
    await settle()
    lab.program?.line('asleep')
    await lab.advance(3_000_000)
    const { verdict, assertions } = await done
    expect(verdict).toBe('failed')
    expect(assertions[0]).toMatchObject({ code: 'not-in-time', differences: [{ subject: 'sleep on node-01', notes: ['asleep'] }] })
    expect(lab.program?.interrupts).toBe(1)
  })

  it('ended by another exit code than the one that was asked for', async () => {
    const { lab, done } = start(async ({ lab: scene, expect: that }) => {
      const program = await scene.node('node-01').start('false')
      await that(program).toEnd({ within: '1s', code: 0 })
    })
    await settle()
    lab.program?.end(1)
    await lab.advance(2_000_000)
    const { assertions } = await done
    expect(assertions[0]).toMatchObject({ holds: false, differences: [{ rows: [{ expected: '0', seen: '1' }] }] })
  })

  it('gets a name of its own when it is started twice', async () => {
    const { done } = start(async ({ lab: scene, expect: that }) => {
      const first = await scene.node('node-01').start('sleep')
      const second = await scene.node('node-01').start('sleep')
      that.that('two names', first.name === 'sleep' && second.name === 'sleep-2')
    })
    expect((await done).verdict).toBe('passed')
  })
})
