import { describe, expect, test } from 'vitest'
import { SessionTimers } from '../../src/bgp/session-timers.ts'
import { SECOND } from '../../src/model/index.ts'
import type { World } from '../../src/world/index.ts'
import { isUp, Lab, NODE, stateOf, TOR } from './lab.ts'
import { KEEPALIVE, OPEN, type RawMessage, RawPeer } from './raw-peer.ts'
import { message } from './wire/hex.ts'

function against(...answer: RawMessage[]) {
  const lab = new Lab()
  const peer = new RawPeer(lab, (raw) => raw.send(...answer))
  return { lab, peer }
}

describe('RFC 4271 §4.2, §6.2: the hold time', () => {
  test.each([1, 2])('%i s from the peer is unacceptable: NOTIFICATION 2/6', (seconds) => {
    const { lab, peer } = against(message(1, `04 fdea 000${seconds} 0a08000a 00`))
    const node = lab.node()
    lab.until('refused', () => peer.notification() !== undefined)
    expect(peer.notification()).toBe('2/6')
    expect(node.peers()[0]?.reason).toBe(
      `hold time not acceptable: Hold Time at octet 22: the peer offers a hold time of ${seconds} s (NOTIFICATION 2/6 sent: OPEN Message Error/Unacceptable Hold Time (2/6))`,
    )
  })

  test('three seconds are kept: keepalives every second, expiry after three', () => {
    const { lab, peer } = against({ ...OPEN, holdTimeSeconds: 3 }, KEEPALIVE)
    const node = lab.node()
    lab.until('up', () => isUp(node))
    expect(node.peers()[0]?.negotiated).toMatchObject({ holdTimeSeconds: 3, keepaliveSeconds: 1 })
    const from = lab.universe.now
    lab.until('expired', () => stateOf(node) === 'Idle')
    expect(lab.universe.now - from).toBe(3 * SECOND)
    lab.pass(1000)
    expect(peer.notification()).toBe('4/0')
  })
})

describe('RFC 4271 §10: jitter', () => {
  const gaps = (keepaliveJitter: boolean) => {
    const lab = new Lab()
    lab.tor()
    const node = lab.node({ keepaliveJitter })
    lab.until('up', () => isUp(node))
    const times: number[] = []
    let seen = lab.events.length
    while (times.length < 200) {
      lab.pass(10_000)
      for (; seen < lab.events.length; seen++) {
        const { device, event } = lab.events[seen]!
        if (device === 'node' && event.type === 'keepalive-sent') times.push(lab.universe.now)
      }
    }
    return times.slice(1).map((at, i) => (at - times[i]!) / SECOND)
  }

  test('keepalives vary by a quarter where asked for, and come on the second where not (R40)', () => {
    const varied = gaps(true)
    expect(Math.min(...varied)).toBeGreaterThanOrEqual(2.24)
    expect(Math.max(...varied)).toBeLessThanOrEqual(3.01)
    expect(new Set(varied.map((gap) => gap.toFixed(1))).size).toBeGreaterThan(4)
    expect(new Set(gaps(false).map((gap) => gap.toFixed(1)))).toEqual(new Set(['3.0']))
  })

  test('ConnectRetryTimer and IdleHoldTimer run three quarters to all of their time, the others all of it', () => {
    const started: [string, number][] = []
    const world = {
      ...new Lab().world('x', NODE),
      clock: {
        now: () => 0,
        wallTime: () => '',
        yield: () => {},
        timer: (name: string) => ({
          name,
          running: false,
          deadline: undefined,
          start: (delay: number) => void started.push([name.split(' ').at(-1)!, delay]),
          stop: () => {},
        }),
      },
    } as World
    const timers = new SessionTimers(world, 'test', { keepaliveJitter: false, idleHoldJitter: true }, () => {})
    const names = ['IdleHoldTimer', 'ConnectRetryTimer', 'DelayOpenTimer', 'HoldTimer', 'KeepaliveTimer', 'SendHoldTimer'] as const
    for (let i = 0; i < 500; i++) for (const name of names) timers.start(name, 1000)
    for (const name of names) {
      const delays = started.filter(([which]) => which === name).map(([, delay]) => delay)
      const [least, most] = [Math.min(...delays), Math.max(...delays)]
      if (name === 'IdleHoldTimer' || name === 'ConnectRetryTimer') {
        expect(least).toBeGreaterThanOrEqual(750)
        expect(least).toBeLessThan(770)
        expect(most).toBeGreaterThan(980)
        expect(most).toBeLessThanOrEqual(1000)
      } else expect([least, most], name).toEqual([1000, 1000])
    }
    timers.start('IdleHoldTimer', 0)
    expect(started.at(-1)).toEqual(['IdleHoldTimer', 0])
  })
})

describe('RFC 4271 §8.1.1: DelayOpen', () => {
  test('our OPEN waits for the peer’s, and then both are answered at once', () => {
    const lab = new Lab()
    const tor = lab.tor()
    const node = lab.node({ delayOpenSeconds: 5 })
    lab.until('up', () => isUp(node) && isUp(tor), SECOND)
    expect(lab.log('node')).toEqual([
      'Idle→Active idle-hold-timer-expired',
      'Active→Connect connect-retry-timer-expired',
      'Connect→OpenConfirm open-msg-received',
      'OpenConfirm→Established open-msg-negotiated',
    ])
  })

  test('a peer that waits too is not waited for longer than the DelayOpenTime', () => {
    const lab = new Lab()
    const tor = lab.tor({ delayOpenSeconds: 20 })
    const node = lab.node({ delayOpenSeconds: 5 })
    const took = lab.until('up', () => isUp(node) && isUp(tor))
    expect(took).toBeGreaterThanOrEqual(5 * SECOND)
    expect(took).toBeLessThan(6 * SECOND)
    expect(lab.log('node')).toContain('Connect→OpenSent delay-open-timer-expired')
    expect(lab.log('tor')).toContain('Active→OpenConfirm open-msg-received')
  })

  test('a connection that goes away meanwhile is tried again', () => {
    const lab = new Lab()
    const tor = lab.tor({ delayOpenSeconds: 60 })
    const node = lab.node({ delayOpenSeconds: 30 })
    lab.pass(2 * SECOND)
    lab.worlds.get('tor')?.end()
    lab.until('noticed', () => lab.log('node').some((line) => line.startsWith('Connect→Active connection-')))
    const again = lab.tor()
    lab.until('up', () => isUp(node) && isUp(again))
    expect(tor).not.toBe(again)
  })
})

describe('RFC 4271 §6.8: collision', () => {
  const ids = [
    ['ours', '200.0.0.1', '100.0.0.1', true],
    ['theirs', '100.0.0.1', '200.0.0.1', false],
  ] as const

  /**
   * The node's own connection is in `state` when the peer's connection brings its OPEN: which one survives, as the NOTIFICATION on each
   * tells. The peer is spoken for octet by octet.
   */
  function collide(state: 'OpenSent' | 'OpenConfirm' | 'Established', ours: string, theirs: string) {
    const lab = new Lab()
    const open: RawMessage = {
      ...OPEN,
      identifier: (([a, b, c, d]) => (a! << 24) | (b! << 16) | (c! << 8) | d!)(theirs.split('.').map(Number)),
    }
    const first = { OpenSent: [], OpenConfirm: [open], Established: [open, KEEPALIVE] }[state]
    const called = new RawPeer(lab, (raw) => raw.send(...first))
    const node = lab.node({ holdTimeSeconds: 0 }, { routerId: ours, listen: true })
    lab.until('ours is there', () => stateOf(node) === state)
    const calling = RawPeer.calling(lab, NODE, (raw) => raw.send(open))
    lab.pass(SECOND)
    return { lab, node, called, calling }
  }

  describe.each(ids)('the higher identifier is %s', (_, ours, theirs, oursSurvives) => {
    test.each(['OpenSent', 'OpenConfirm'] as const)('our connection is in %s', (state) => {
      const { lab, node, called, calling } = collide(state, ours, theirs)
      expect(called.notification()).toBe(oursSurvives ? undefined : '6/7')
      expect(calling.notification()).toBe(oursSurvives ? '6/7' : undefined)
      const survivor = oursSurvives ? called : calling
      if (state === 'OpenSent' && oursSurvives) survivor.send({ ...OPEN, identifier: (100 << 24) | 1 })
      survivor.send(KEEPALIVE)
      lab.until('up', () => isUp(node), SECOND)
      expect(node.peers()[0]).toMatchObject({ state: 'Established', establishedCount: 1 })
      lab.pass(60 * SECOND)
      expect(isUp(node)).toBe(true)
    })

    test('our connection is Established: it stays, whoever is higher', () => {
      const { lab, node, called, calling } = collide('Established', ours, theirs)
      expect(called.notification()).toBeUndefined()
      expect(calling.notification()).toBe('6/7')
      lab.pass(60 * SECOND)
      expect(node.peers()[0]).toMatchObject({ state: 'Established', establishedCount: 1 })
    })
  })

  test('refusal: close. A second connection is closed without a word, while Established and in Idle', () => {
    const lab = new Lab()
    const tor = lab.tor({ refusal: 'close', idleHold: { initialSeconds: 5, capSeconds: 5, jitter: false } })
    const node = lab.node()
    lab.until('up', () => isUp(node) && isUp(tor))
    // Another machine has the address now, and knows nothing of the session: a floating IP that moved.
    lab.universe.powerOff('node')
    const moved = lab.node()
    lab.pass(SECOND)
    expect(lab.notifications('node')).toEqual([])
    expect(moved.peers()[0]?.reason).toContain('closed the connection without a NOTIFICATION')
    lab.until('the old session is over', () => stateOf(tor) === 'Idle')
    const reasons = () => lab.log('node').filter((line) => line.includes('connection-refused'))
    // It may have ended within the second before.
    lab.pass(3_990_000)
    expect(stateOf(tor)).toBe('Idle')
    expect(reasons()).toEqual([])
    lab.until('up again', () => isUp(moved) && isUp(tor))
  })

  test('our attempt is still on its way (Connect): the peer’s connection becomes the session', () => {
    const lab = new Lab()
    lab.world('tor', TOR)
    const node = lab.node({ holdTimeSeconds: 0 }, { listen: true })
    // Nothing answers our SYN.
    lab.universe.cut('tor')
    lab.until('Connect', () => stateOf(node) === 'Connect')
    // The SYN is lost, and is sent again a second later.
    lab.pass(10_000)
    lab.universe.heal('tor')
    const calling = RawPeer.calling(lab, NODE, (raw) => raw.send(OPEN, KEEPALIVE))
    lab.until('up', () => isUp(node))
    expect(calling.notification()).toBeUndefined()
  })
})
