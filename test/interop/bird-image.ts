/** A router image with BIRD beside FRR: the one daemon that `peerlab check --router-config` writes for and no lab runs. */
import { Readable } from 'node:stream'
import { connectEngine } from '../../src/engine/docker/client.ts'
import { tar } from '../../src/engine/docker/images/tar.ts'
import { LABELS } from '../../src/engine/docker/protocol.ts'
import { engineOutput } from '../../src/engine/docker/setup/engine-output.ts'
import { imageOf } from './container.ts'

const TAG = 'peerlab-test/bird:latest'

/** Builds it, in some seconds; `remove` takes it away again, so that the image below it can go when it is replaced. */
export async function birdImage(): Promise<{ readonly name: string; remove(): Promise<void> }> {
  const engine = await connectEngine()
  if (!engine.ok) throw new Error(`${engine.message} ${engine.suggestion}`)
  const dockerfile = `FROM ${await imageOf('router-frr')}
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends bird2 \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
`
  const context = tar([{ name: 'Dockerfile', content: new TextEncoder().encode(dockerfile) }])
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const stream = await engine.docker.buildImage(Readable.from(context) as unknown as NodeJS.ReadableStream, {
    t: TAG,
    buildargs: Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    labels: { [LABELS.project]: '1' },
    networkmode: 'host',
    rm: true,
    forcerm: true,
  })
  await engineOutput(stream, () => {})
  return {
    name: TAG,
    async remove() {
      await engine.docker.getImage(TAG).remove()
    },
  }
}
