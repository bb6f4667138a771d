/** The set-up on the machine's engine, and what a run sees of it. */
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { beforeAll, expect, test } from 'vitest'
import { connectEngine } from '../../src/engine/docker/client.ts'
import { imageContents } from '../../src/engine/docker/images/content.ts'
import { IMAGE_KINDS, PROGRAMS_OF, RUNTIME_VERSION, requireImages } from '../../src/engine/docker/images/index.ts'
import { type ImageKind, LABELS, NODE_IN_IMAGE, PROGRAMS_IN_IMAGE } from '../../src/engine/docker/protocol.ts'
import { setUp } from '../../src/engine/docker/setup/index.ts'

let docker: Docker
let images: Readonly<Record<ImageKind, string>>

beforeAll(async () => {
  const lines: string[] = []
  expect(await setUp({ fresh: false, report: (line) => void lines.push(line) }), lines.join('\n')).toEqual({ ok: true })
  const engine = await connectEngine()
  if (!engine.ok) throw new Error(engine.message)
  docker = engine.docker
  const there = await requireImages(docker)
  if (!there.ok) throw new Error(there.message)
  images = there.images
}, 600_000)

test('done again, it does nothing', async () => {
  const lines: string[] = []
  await setUp({ fresh: false, report: (line) => void lines.push(line) })
  expect(lines.filter((line) => line.includes('is up to date'))).toHaveLength(IMAGE_KINDS.length)
  expect(lines.filter((line) => line.includes('…') || line.includes('built'))).toEqual([])
})

test('images of other sources are called stale, and which', async () => {
  const changed = (await imageContents()).map((content) =>
    content.kind === 'client' ? { ...content, programs: new Map([['client.js', new Uint8Array(1)]]) } : content,
  )
  const answer = await requireImages(docker, Promise.resolve(changed))
  expect(answer).toMatchObject({
    ok: false,
    code: 'images-stale',
    message: expect.stringContaining('for client were'),
    suggestion: expect.stringContaining('lab:setup'),
  })
})

const tools: Readonly<Record<ImageKind, readonly string[]>> = {
  'router-frr': ['/usr/lib/frr/bgpd', '/usr/lib/frr/zebra', '/usr/lib/frr/vrrpd', 'vtysh', 'nft', 'ip', 'tcpdump'],
  'router-gobgp': ['gobgpd', 'gobgp', '/usr/lib/frr/zebra', '/usr/lib/frr/vrrpd', 'nft', 'ip', 'tcpdump'],
  node: ['ip', 'nft', 'conntrack', 'arping', 'ping', 'tcpdump'],
  client: ['ip', 'ping', 'tcpdump'],
  wiring: ['ip', 'bridge', 'nft', 'nsenter', 'tcpdump', 'ps', 'sysctl'],
}

test.each(IMAGE_KINDS)('%s has its tools, the pinned Node and its programs', async (kind) => {
  const check = [`${NODE_IN_IMAGE} --version`, ...tools[kind].map((tool) => `command -v ${tool} >/dev/null || echo no ${tool}`)]
  const output = await run(images[kind], [...check, `ls -1 ${PROGRAMS_IN_IMAGE}`].join('; '))
  const [node, ...programs] = output.trim().split('\n')
  expect(node).toBe(`v${RUNTIME_VERSION}`)
  expect(programs.sort()).toEqual([...PROGRAMS_OF[kind].map((name) => `${name}.js`), 'package.json'].sort())
})

test.each(IMAGE_KINDS)('the programs of %s start and answer', async (kind) => {
  const ask = `echo '{"id":1,"op":"nonsense"}' | ${NODE_IN_IMAGE} $program >/tmp/answer 2>&1 & head -1 /tmp/answer; kill $!`
  const output = await run(images[kind], `mkfifo /tmp/answer; for program in ${PROGRAMS_IN_IMAGE}/*.js; do ${ask}; done`)
  const answers = output.trim().split('\n')
  expect(answers).toHaveLength(PROGRAMS_OF[kind].length)
  for (const answer of answers)
    expect(JSON.parse(answer)).toMatchObject({ type: 'reply', id: 1, error: expect.stringContaining('nonsense') })
})

/** A shell command in a container of its own, without a network; what it wrote. */
async function run(image: string, command: string): Promise<string> {
  const output = new PassThrough()
  const [, container] = (await docker.run(image, ['sh', '-c', command], output, {
    Tty: true,
    Labels: { [LABELS.project]: '1' },
    HostConfig: { NetworkMode: 'none', Init: true },
  })) as [unknown, Docker.Container]
  await container.remove({ force: true })
  output.end()
  return (await text(output)).replaceAll('\r', '')
}
