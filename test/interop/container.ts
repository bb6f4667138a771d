/** Single containers by testcontainers: on no network, from the images that `lab:setup` builds, with programs bundled from these sources. */
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { GenericContainer } from 'testcontainers'
import { connectEngine } from '../../src/engine/docker/client.ts'
import { builtImages } from '../../src/engine/docker/images/require.ts'
import type { ImageKind } from '../../src/engine/docker/protocol.ts'

// No image of its reaper can be pulled; what a dead run leaves is reaped by our labels at the next start of a lab.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
// Inside a container testcontainers asks the engine's default bridge for an address of the host. An engine without that bridge answers 404,
// and testcontainers then goes to the default socket without a word, whatever DOCKER_HOST names. Nothing here is reached by address.
process.env.TESTCONTAINERS_HOST_OVERRIDE ??= '127.0.0.1'

/** testcontainers has no word for an init; without one FRR's daemons become zombies. */
export class DaemonContainer extends GenericContainer {
  constructor(image: string) {
    super(image)
    this.hostConfig.Init = true
    this.withNetworkMode('none')
  }
}

/** One file that runs on the images' Node; `entry` is relative to this folder. */
export async function bundle(entry: string): Promise<string> {
  await using bundled = await rolldown({
    input: fileURLToPath(new URL(entry, import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: ['peerlab-source', 'node', 'import', 'default'] },
    logLevel: 'silent',
  })
  const { output } = await bundled.generate({ format: 'esm', codeSplitting: false })
  return output[0].code
}

/** Any image of the kind serves: the daemons are the distribution's, and our program is brought along. Throws where there is none. */
export async function imageOf(kind: ImageKind): Promise<string> {
  const engine = await connectEngine()
  if (!engine.ok) throw new Error(`${engine.message} ${engine.suggestion}`)
  const image = (await builtImages(engine.docker)).find((one) => one.kind === kind)
  if (image === undefined) throw new Error(`the engine has no image for ${kind}; run npm run lab:setup`)
  return image.tag
}
