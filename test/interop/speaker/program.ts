/**
 * Runs beside one real daemon in its container: starts it, sets our speaker up against it, and prints what each of them says, one JSON
 * object in all. The test outside asserts on it. Arguments: `frr` or `gobgp`, then `on` or `off` for ADD-PATH on the daemon.
 */
import { execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Speaker, type SpeakerEvent } from '../../../src/bgp/index.ts'
import { createRealWorld } from '../../../src/world/real/index.ts'
import { frr } from './frr.ts'
import { gobgp } from './gobgp.ts'
import { ASN, type Daemon, type Findings, NODE, PEER_ASN, ROUTER, VIPS } from './terms.ts'

const [kind, addPath] = process.argv.slice(2)
const daemon: Daemon = kind === 'gobgp' ? gobgp : frr

const run = (command: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(command, args, (error, stdout, stderr) =>
      error ? reject(new Error(`${command}: ${stderr || error.message}`)) : resolve(stdout),
    )
  })

const waiting = new Set<() => void>()
const events: SpeakerEvent[] = []

/** Holds at some event of our speaker. */
function told(what: string, holds: () => boolean, withinMs = 20_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!holds()) return
      clearTimeout(limit)
      waiting.delete(look)
      resolve()
    }
    const limit = setTimeout(() => reject(new Error(`never saw: ${what}`)), withinMs)
    waiting.add(look)
    look()
  })
}

/** The daemon's own view, read until it is as expected or the time is over: it tells nobody when its tables change. */
async function settled<T>(read: () => Promise<T>, expected: T): Promise<T> {
  let last = await read()
  for (let i = 0; i < 50 && JSON.stringify(last) !== JSON.stringify(expected); i++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    last = await read()
  }
  return last
}

async function main(): Promise<Findings> {
  for (const line of [
    'link add rack0 type veth peer name rack1',
    'addr add 10.0.1.2/24 dev rack0',
    'link set rack0 up',
    'link set rack1 up',
  ])
    await run('ip', ...line.split(' '))
  for (const address of [NODE, ROUTER]) await run('ip', 'addr', 'add', `${address}/32`, 'dev', 'lo')
  await run('ip', 'link', 'set', 'lo', 'up')
  for (const [file, text] of Object.entries(daemon.files(addPath === 'on'))) writeFileSync(file, text)
  for (const command of daemon.commands) spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore', detached: true }).unref()
  await settled(() => daemon.ready(run), true)
  await daemon.prepare(run)

  const world = createRealWorld({ name: 'node', emit: () => {}, seed: 'interop' })
  const speaker = new Speaker(
    world,
    {
      localAddress: NODE,
      localAsn: ASN,
      peers: [{ peerAddress: ROUTER, peerAsn: PEER_ASN, holdTimeSeconds: 9, connectRetrySeconds: 1, enforceFirstAs: true }],
    },
    (event) => {
      events.push(event)
      for (const look of [...waiting]) look()
    },
  )
  const status = () => speaker.peers()[0]
  const states = () => events.flatMap((e) => (e.type === 'state' ? [`${e.to} ${e.reason}`] : []))
  const paths = () => daemon.paths(run, `${VIPS[0]}/32`)
  const announce = (...nextHops: string[]) =>
    speaker.announce(VIPS.map((vip) => ({ prefix: `${vip}/32`, nextHops, singleNextHop: nextHops[0] ?? '' })))
  const expected = (...all: [string, number][]) => (addPath === 'on' ? all.map(([hop, id]) => `${hop} ${id}`) : [`${all[0]?.[0]} -`])

  announce('10.0.1.11', '10.0.1.12', '10.0.1.13')
  await told('Established', () => status()?.state === 'Established')
  const negotiated = status()?.negotiated
  const three = await settled(paths, expected(['10.0.1.11', 1], ['10.0.1.12', 2], ['10.0.1.13', 3]))

  announce('10.0.1.11', '10.0.1.13')
  const two = await settled(paths, expected(['10.0.1.11', 1], ['10.0.1.13', 3]))

  await told('the daemon’s own route', () => speaker.routeTo('192.0.2.0/24').paths.length > 0)
  const received = speaker.routeTo('192.0.2.0/24').paths
  const echoed = speaker.routeTo(`${VIPS[0]}/32`).paths

  const before = events.length
  await daemon.refresh(run)
  if (daemon.asksAgain) await told('an answer to the route refresh', () => events.slice(before).some((e) => e.type === 'update-sent'))
  const refreshed = await settled(paths, two)

  // Once from its side, once from ours.
  if (addPath === 'on') await daemon.reset(run)
  else speaker.resetPeer(ROUTER)
  await told('the reset', () => status()?.state !== 'Established')
  // GoBGP refuses everyone for 30 s after a reset, whatever its timers say.
  await told('Established again', () => status()?.state === 'Established' && status()?.establishedCount === 2, 45_000)
  const resetReason = states().findLast((state) => state.startsWith('Idle'))
  const afterReset = await settled(paths, two)

  // Longer than the hold time: it lives on keepalives.
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  const longer = status()?.establishedCount

  const stopped = Date.now()
  await new Promise<void>((resolve) => speaker.stop(resolve))
  await run('ip', 'addr', 'del', `${NODE}/32`, 'dev', 'lo')
  const gone = await settled(paths, [])
  const goneAfterMs = Date.now() - stopped
  const notifications = await daemon.notifications(run)
  world.end()
  return {
    negotiated: { holdTimeSeconds: negotiated?.holdTimeSeconds ?? -1, addPath: negotiated?.addPath ?? { send: false, receive: false } },
    states: states().slice(0, 5),
    three,
    two,
    received: received.map((path) => `${path.nextHop} ${path.asPath.join(' ')} ${path.valid ? 'valid' : path.whyNot}`),
    echoed: echoed.map((path) => `${path.asPath.join(' ')} ${path.valid ? 'valid' : path.whyNot}`),
    refreshed,
    resetReason: resetReason ?? '',
    afterReset,
    longer: longer ?? 0,
    gone,
    goneAfterMs,
    notifications,
    errors: events.flatMap((e) =>
      e.type === 'update-received'
        ? e.update.errors.map((error) => error.detail)
        : e.type === 'notification' && e.direction === 'sent'
          ? [`${e.code}/${e.subcode} ${e.detail}`]
          : [],
    ),
  }
}

main().then(
  (findings) => {
    process.stdout.write(`${JSON.stringify(findings)}\n`)
    process.exit(0)
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n${JSON.stringify(events.slice(-20))}\n`)
    process.exit(1)
  },
)
