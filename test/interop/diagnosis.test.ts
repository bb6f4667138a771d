/** Why a session with a real daemon is down, or less than was wanted, in the words of someone who would look into it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LABELS, NODE_IN_IMAGE } from '../../src/engine/docker/protocol.ts'
import { bundle, DaemonContainer } from './container.ts'
import { AT, atTheEnd, CAUSES, type Cause, key, NOBODY, NOWHERE, type Said, SILENT } from './diagnosis/terms.ts'
import { type ExtraImage, extraImage } from './extra-image.ts'
import { DAEMONS, type DaemonKind } from './matrix/terms.ts'

let image: ExtraImage | undefined
let said: Said = {}

beforeAll(async () => {
  image = await extraImage('bird2', 'openbgpd')
  const container = await new DaemonContainer(image.name)
    .withAddedCapabilities('NET_ADMIN', 'SYS_ADMIN')
    .withLabels({ [LABELS.project]: 'test' })
    .withCopyContentToContainer([{ content: await bundle('diagnosis/program.ts'), target: '/tmp/program.mjs' }])
    .withCommand(['sleep', '120'])
    .start()
  try {
    const { exitCode, stdout, stderr } = await container.exec([NODE_IN_IMAGE, '/tmp/program.mjs'])
    if (exitCode !== 0) throw new Error(stderr || stdout)
    said = JSON.parse(stdout) as Said
  } finally {
    await container.stop({ timeout: 0 })
  }
})

afterAll(async () => {
  await image?.remove()
})

const ONE_SIDED = /^the peer does not offer ADD-PATH: it gets one path for each prefix$/
const NOTHING_ANNOUNCED =
  /^the peer announces nothing, not even our own routes: if it has no policy for us \(RFC 8212; FRR: “no bgp ebgp-requires-policy”/
const HOLD_TIME = /does not accept our hold time of 6 s \(NOTIFICATION 2\/6 received: OPEN Message Error\/Unacceptable Hold Time/
const NO_ANSWER =
  /^no answer from \S+:179 to 10\.0\.1\.\d+: it is down, something drops what is sent, or it wants a TCP MD5 password \(R7\)$/
const WITHOUT_A_WORD =
  /^\S+:179 closed the connection without a NOTIFICATION: it may not have 10\.0\.1\.\d+ configured, have it shut down, or /

const ALL = Object.keys(DAEMONS) as DaemonKind[]

/** What is said, and which daemons can be set so. */
const EXPECTED: readonly [Cause, readonly DaemonKind[], RegExp][] = [
  [
    'wrong AS, their word',
    ALL,
    /^wrong AS: \S+ does not expect AS 65001 from 10\.0\.1\.111 \(NOTIFICATION 2\/2 received: OPEN Message Error\/Bad Peer AS/,
  ],
  [
    'wrong AS, our word',
    ALL,
    /^wrong AS: .* the peer is AS 65002, it is configured as AS 64998 \(NOTIFICATION 2\/2 sent: OPEN Message Error\/Bad Peer AS/,
  ],
  ['no common family', ALL, /^no common address family.* \(NOTIFICATION 2\/7 (sent|received): OPEN Message Error\/Unsupported Capability/],
  // The two others have no such setting.
  ['hold time', ['frr', 'openbgpd'], HOLD_TIME],
  ['ADD-PATH one-sided', ALL, ONE_SIDED],
  ['not configured there', ALL, WITHOUT_A_WORD],
  ['shut down there', ALL, WITHOUT_A_WORD],
  // Debian's OpenBGPD takes the setting, and lets us in without a password.
  ['a password there', ['frr', 'gobgp', 'bird'], NO_ANSWER],
]

describe.each(EXPECTED)('%s', (cause, kinds, words) => {
  it.each(kinds)('%s', (kind) => {
    expect(said[key(cause, AT[kind])]).toContainEqual(expect.stringMatching(words))
  })
})

// GoBGP has nothing of RFC 8212; a BIRD that has no policy does not start.
it.each(['frr', 'bird', 'openbgpd'] as const)('RFC 8212: %s has no policy for us, and takes nothing', (kind) => {
  const nothing = expect.stringMatching(NOTHING_ANNOUNCED)
  expect(said[key('no policy (RFC 8212)', AT[kind])]).toContainEqual(nothing)
  // Until a busy daemon has announced something, the same may be said of it.
  expect(said[atTheEnd('ADD-PATH one-sided', AT[kind])]).not.toContainEqual(nothing)
})

it.each(ALL)('what %s told with a NOTIFICATION is not forgotten while it refuses in silence', (kind) => {
  for (const cause of ['wrong AS, their word', 'wrong AS, our word'] as const)
    for (const words of said[key(cause, AT[kind])] ?? []) expect(words).toMatch(/^wrong AS: .*NOTIFICATION 2\/2/)
})

it('refused, no answer, and no route are told apart', () => {
  const first = (peer: string) => said[key('not configured there', peer)]?.[0]
  expect(first(NOBODY)).toBe(
    `${NOBODY}:179 refuses connections: nothing listens there, or it does not know ${CAUSES['not configured there']}`,
  )
  expect(first(SILENT)).toMatch(NO_ANSWER)
  expect(first(NOWHERE)).toBe(`no route from ${CAUSES['not configured there']} to ${NOWHERE}`)
})
