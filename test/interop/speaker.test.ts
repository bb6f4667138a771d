import { beforeAll, describe, expect, test } from 'vitest'
import { LABELS, NODE_IN_IMAGE } from '../../src/engine/docker/protocol.ts'
import { bundle, DaemonContainer, imageOf } from './container.ts'
import type { Findings } from './speaker/terms.ts'

let program = ''

beforeAll(async () => {
  program = await bundle('speaker/program.ts')
})

/** Our speaker and one daemon, on two addresses of a container that is connected to nothing. */
async function meet(kind: 'frr' | 'gobgp', addPath: 'on' | 'off'): Promise<Findings> {
  const container = await new DaemonContainer(await imageOf(`router-${kind}`))
    .withAddedCapabilities('NET_ADMIN', 'SYS_ADMIN')
    .withLabels({ [LABELS.project]: 'test' })
    .withCopyContentToContainer([{ content: program, target: '/tmp/speaker.mjs' }])
    .withCommand(['sleep', '120'])
    .start()
  try {
    const { exitCode, stdout, stderr } = await container.exec([NODE_IN_IMAGE, '/tmp/speaker.mjs', kind, addPath])
    if (exitCode !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as Findings
  } finally {
    await container.stop({ timeout: 0 })
  }
}

describe.each([['frr'], ['gobgp']] as const)('our speaker and %s', (kind) => {
  test.each([['on'], ['off']] as const)('ADD-PATH %s', async (addPath) => {
    const found = await meet(kind, addPath)
    const paths = (...all: string[]) => (addPath === 'on' ? all : ['10.0.1.11 -'])
    expect(found.negotiated).toEqual({ holdTimeSeconds: 9, addPath: { send: addPath === 'on', receive: false } })
    expect(found.states.map((line) => line.split(' ')[0])).toEqual(['Active', 'Connect', 'OpenSent', 'OpenConfirm', 'Established'])
    expect(found.three).toEqual(paths('10.0.1.11 1', '10.0.1.12 2', '10.0.1.13 3'))
    expect(found.two).toEqual(paths('10.0.1.11 1', '10.0.1.13 3'))
    expect(found.received).toEqual(['10.8.0.10 65002 valid'])
    expect(found.refreshed).toEqual(found.two)
    expect(found.resetReason).toBe(addPath === 'on' ? 'Idle notification-received Cease/Administrative Reset (6/4)' : 'Idle admin-reset')
    expect(found.afterReset).toEqual(found.two)
    expect(found.longer).toBe(2)
    // Far less than the hold time: it was told, although the address went right after.
    expect(found.gone).toEqual([])
    expect(found.goneAfterMs).toBeLessThan(3_000)
    expect(found.notifications.join('\n')).toMatch(kind === 'frr' ? /6\/2 \(Cease\/Administrative Shutdown\)/ : /Code=6 .*Subcode=2/)
    expect(found.errors).toEqual(addPath === 'on' ? ['6/2 '] : ['6/4 ', '6/2 '])
    // R41: FRR sends our own routes back.
    if (kind === 'frr') expect(found.echoed).toEqual(['65002 65001 not used: AS loop: our own AS 65001 is in the path'])
  })
})
