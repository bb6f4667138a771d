/**
 * Our speaker and each daemon, ADD-PATH on and off, whoever connects, through every fault of matrix/terms.ts. Each daemon is brought up once,
 * with six neighbors, in a container of its own; results are left in out/interop, for docs/interop.md and the goldens.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LABELS, NODE_IN_IMAGE } from '../../src/engine/docker/protocol.ts'
import { bundle, DaemonContainer, imageOf } from './container.ts'
import { type ExtraImage, extraImage } from './extra-image.ts'
import { CELLS, DAEMONS, type DaemonKind, FAULTS, type Findings, MODES } from './matrix/terms.ts'

const OUT = fileURLToPath(new URL('../../out/interop/', import.meta.url))
const KINDS = Object.keys(DAEMONS) as DaemonKind[]

let extra: ExtraImage | undefined
const walks = new Map<DaemonKind, Promise<Findings>>()

beforeAll(async () => {
  extra = await extraImage('bird2', 'openbgpd')
  const images = { frr: await imageOf('router-frr'), gobgp: await imageOf('router-gobgp'), bird: extra.name, openbgpd: extra.name }
  const programs = { walk: await bundle('matrix/walk.ts'), speakers: await bundle('matrix/speakers.ts') }
  // All at the same time: a walk is mostly waiting for timers.
  for (const kind of KINDS) walks.set(kind, walk(kind, images[kind], programs))
  await Promise.allSettled(walks.values())
}, 300_000)

afterAll(async () => {
  await extra?.remove()
})

async function walk(kind: DaemonKind, image: string, programs: { readonly walk: string; readonly speakers: string }): Promise<Findings> {
  const container = await new DaemonContainer(image)
    .withAddedCapabilities('NET_ADMIN', 'SYS_ADMIN')
    .withLabels({ [LABELS.project]: 'test' })
    .withCopyContentToContainer([
      { content: programs.walk, target: '/tmp/walk.mjs' },
      { content: programs.speakers, target: '/tmp/speakers.mjs' },
    ])
    .withCommand(['sleep', '300'])
    .start()
  try {
    const { exitCode, stdout, stderr } = await container.exec([NODE_IN_IMAGE, '/tmp/walk.mjs', kind, '/tmp/speakers.mjs'])
    if (exitCode !== 0) throw new Error(stderr || stdout)
    mkdirSync(OUT, { recursive: true })
    writeFileSync(`${OUT}${kind}.json`, `${JSON.stringify(JSON.parse(stdout), undefined, 1)}\n`)
    return JSON.parse(stdout) as Findings
  } finally {
    await container.stop({ timeout: 0 })
  }
}

describe.each(KINDS)('our speaker and %s', (kind) => {
  const cells = CELLS.map(({ addPath, mode }) => [addPath ? 'on' : 'off', mode] as const)
  it.each(cells)('ADD-PATH %s, %s: through every fault', async (addPath, mode) => {
    const { outcomes } = await walks.get(kind)!
    const mine = outcomes.filter((outcome) => outcome.addPath === (addPath === 'on') && outcome.mode === mode)
    expect(mine.map(({ fault }) => fault)).toEqual(Object.keys(FAULTS))
    expect(mine.filter(({ result }) => result === 'failed')).toEqual([])
  })
})

it('R41: FRR sends our own routes back, and none of them is used', async () => {
  const { outcomes } = await walks.get('frr')!
  const notes = outcomes.filter(({ fault, addPath }) => fault === 'established' && addPath).map(({ note }) => note)
  expect(notes).toEqual(MODES.map(() => 'it sends our own routes back: loops, and not used'))
})
