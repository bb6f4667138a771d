/** A router image, with FRR and GoBGP, and beside them daemons that no lab runs: BIRD, which `peerlab check --router-config` writes for, and OpenBGPD. */
import { Readable } from 'node:stream'
import { connectEngine } from '../../src/engine/docker/client.ts'
import { tar } from '../../src/engine/docker/images/tar.ts'
import { LABELS } from '../../src/engine/docker/protocol.ts'
import { engineOutput } from '../../src/engine/docker/setup/engine-output.ts'
import { imageOf } from './container.ts'

export interface ExtraImage {
  readonly name: string
  /** Takes it away again, so that the image below it can go when it is replaced. */
  remove(): Promise<void>
}

/** Builds it, in some seconds, from the distribution's packages. */
export async function extraImage(...packages: readonly string[]): Promise<ExtraImage> {
  const name = `peerlab-test/${packages.join('-')}:latest`
  const engine = await connectEngine()
  if (!engine.ok) throw new Error(`${engine.message} ${engine.suggestion}`)
  // policy-rc.d: the build runs in the host's network namespace, where no daemon is to start.
  const dockerfile = `FROM ${await imageOf('router-gobgp')}
RUN printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \\
 && apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${packages.join(' ')} \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
`
  const context = tar([{ name: 'Dockerfile', content: new TextEncoder().encode(dockerfile) }])
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const stream = await engine.docker.buildImage(Readable.from(context) as unknown as NodeJS.ReadableStream, {
    t: name,
    buildargs: Object.fromEntries(names.flatMap((each) => (process.env[each] ? [[each, process.env[each]]] : []))),
    labels: { [LABELS.project]: '1' },
    networkmode: 'host',
    rm: true,
    forcerm: true,
  })
  await engineOutput(stream, () => {})
  return {
    name,
    async remove() {
      await engine.docker.getImage(name).remove()
    },
  }
}
