import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, test } from 'vitest'
import { connectEngine } from '../../src/engine/docker/client.ts'
import { builtImages } from '../../src/engine/docker/images/require.ts'
import { LABELS, NODE_IN_IMAGE } from '../../src/engine/docker/protocol.ts'
import type { Findings } from './speaker/terms.ts'

// The reaper's image cannot be had where nothing can be pulled; every container is removed by the test that made it.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
const { GenericContainer } = await import('testcontainers')

/** Without an init FRR's daemons become zombies. */
class DaemonContainer extends GenericContainer {
  constructor(image: string) {
    super(image)
    this.hostConfig.Init = true
  }
}

let bundle = ''

beforeAll(async () => {
  const build = await rolldown({
    input: fileURLToPath(new URL('speaker/program.ts', import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: ['peerlab-source', 'node', 'import', 'default'] },
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false })
  await build.close()
  bundle = output[0].code
})

/** Any image of the kind serves: the daemons are the distribution's, and our program is brought along. */
async function imageOf(kind: 'frr' | 'gobgp'): Promise<string> {
  const engine = await connectEngine()
  if (!engine.ok) throw new Error(`${engine.message} ${engine.suggestion}`)
  const image = (await builtImages(engine.docker)).find((one) => one.kind === `router-${kind}`)
  if (image === undefined) throw new Error(`the engine has no image for ${kind}; run npm run lab:setup`)
  return image.tag
}

/** Our speaker and one daemon, on two addresses of a container that is connected to nothing. */
async function meet(kind: 'frr' | 'gobgp', addPath: 'on' | 'off'): Promise<Findings> {
  const container = await new DaemonContainer(await imageOf(kind))
    .withNetworkMode('none')
    .withAddedCapabilities('NET_ADMIN', 'SYS_ADMIN')
    .withLabels({ [LABELS.project]: 'test' })
    .withCopyContentToContainer([{ content: bundle, target: '/tmp/speaker.mjs' }])
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
