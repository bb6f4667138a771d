/**
 * RFC 4271 §8.2.2, every state against every event: what a row says is what the RFC says, but where a comment tells otherwise.
 *
 * A cell reads `next state: actions`; `=` is "no change, nothing done". Words: `open`, `keepalive`, `6/2` are messages sent; `+Hold` and
 * `-Hold` start and stop a timer; `connect`, `drop` the connection; `up`, `released` the routes. In `Idle` cells the IdleHoldTimer that
 * follows every fall (DampPeerOscillations) is `+IdleHold`.
 */
import { describe, expect, test } from 'vitest'
import { type Fsm, type FsmConfig, type FsmEvent, IDLE, step } from '../../src/bgp/fsm.ts'
import { SECOND, type SessionState } from '../../src/model/index.ts'

const CONFIG: FsmConfig = {
  passive: false,
  restarts: true,
  firstConnectDelay: 0,
  connectRetry: 5 * SECOND,
  openHold: 240 * SECOND,
  idleHold: { initial: SECOND, cap: 8 * SECOND },
  sendHold: 480 * SECOND,
}
const error = (code: number, subcode: number) => ({ code, subcode, data: new Uint8Array(0), detail: 'x' })

/**
 * By the numbers of RFC 4271 §8.1; 29 is RFC 9687's, and ROUTE-REFRESH (RFC 2918) has none. Of the others, 3 and 6 (AutomaticStart) are
 * Event 13 here, which ends the damping; 4, 5 and 7 are 1 and 13 of a passive machine; 20 is 19 with the DelayOpenTimer running; 14 and 15
 * are optional, for a TrackTcpState that is not there.
 */
const EVENTS = {
  '1 ManualStart': { type: 'ManualStart' },
  '2 ManualStop': { type: 'ManualStop' },
  '8 AutomaticStop': { type: 'AutomaticStop' },
  '9 ConnectRetryTimer_Expires': { type: 'ConnectRetryTimer_Expires' },
  '10 HoldTimer_Expires': { type: 'HoldTimer_Expires' },
  '11 KeepaliveTimer_Expires': { type: 'KeepaliveTimer_Expires' },
  '12 DelayOpenTimer_Expires': { type: 'DelayOpenTimer_Expires' },
  '13 IdleHoldTimer_Expires': { type: 'IdleHoldTimer_Expires' },
  '16 Tcp_CR_Acked': { type: 'Tcp_CR_Acked' },
  '17 TcpConnectionConfirmed': { type: 'TcpConnectionConfirmed' },
  '18 TcpConnectionFails': { type: 'TcpConnectionFails', reason: 'closed' },
  '19 BGPOpen': { type: 'BGPOpen', holdTime: 90 * SECOND, keepalive: 30 * SECOND },
  '21 BGPHeaderErr': { type: 'BGPHeaderErr', error: error(1, 1) },
  '22 BGPOpenMsgErr': { type: 'BGPOpenMsgErr', error: error(2, 2) },
  '23 OpenCollisionDump': { type: 'OpenCollisionDump' },
  '24 NotifMsgVerErr': { type: 'NotifMsgVerErr' },
  '25 NotifMsg': { type: 'NotifMsg', code: 6, subcode: 2 },
  '26 KeepAliveMsg': { type: 'KeepAliveMsg' },
  '27 UpdateMsg': { type: 'UpdateMsg' },
  '28 UpdateMsgErr': { type: 'UpdateMsgErr', error: error(3, 1) },
  '29 SendHoldTimer_Expires': { type: 'SendHoldTimer_Expires' },
  RouteRefreshMsg: { type: 'RouteRefreshMsg' },
} as const satisfies Record<string, FsmEvent>

type EventName = keyof typeof EVENTS
type Row = Readonly<Record<EventName, string>>

/** A fall out of Connect or Active, where nothing may be said. */
const QUIET = 'Idle: -ConnectRetry -DelayOpen drop +IdleHold'
const OUT_OF_SENT = '-Hold drop +IdleHold'
const OUT_OF_CONFIRM = '-Hold -Keepalive drop +IdleHold'
const OUT_OF_UP = '-Hold -Keepalive -SendHold drop released +IdleHold'

const TABLE: Readonly<Record<SessionState, Row>> = {
  Idle: {
    '1 ManualStart': '=',
    '2 ManualStop': 'Idle: -IdleHold',
    '8 AutomaticStop': '=',
    '9 ConnectRetryTimer_Expires': '=',
    '10 HoldTimer_Expires': '=',
    '11 KeepaliveTimer_Expires': '=',
    '12 DelayOpenTimer_Expires': '=',
    // R40: through Active, where the ConnectRetryTimer runs for no time, in place of Connect at once.
    '13 IdleHoldTimer_Expires': 'Active: +ConnectRetry',
    '16 Tcp_CR_Acked': '=',
    '17 TcpConnectionConfirmed': '=',
    '18 TcpConnectionFails': '=',
    '19 BGPOpen': '=',
    '21 BGPHeaderErr': '=',
    '22 BGPOpenMsgErr': '=',
    '23 OpenCollisionDump': '=',
    '24 NotifMsgVerErr': '=',
    '25 NotifMsg': '=',
    '26 KeepAliveMsg': '=',
    '27 UpdateMsg': '=',
    '28 UpdateMsgErr': '=',
    '29 SendHoldTimer_Expires': '=',
    RouteRefreshMsg: '=',
  },
  Connect: connecting(),
  Active: connecting(),
  OpenSent: {
    '1 ManualStart': '=',
    '2 ManualStop': 'Idle: 6/2 -Hold drop',
    '8 AutomaticStop': `Idle: 6/4 ${OUT_OF_SENT}`,
    '9 ConnectRetryTimer_Expires': `Idle: 5/1 ${OUT_OF_SENT}`,
    '10 HoldTimer_Expires': `Idle: 4/0 ${OUT_OF_SENT}`,
    '11 KeepaliveTimer_Expires': `Idle: 5/1 ${OUT_OF_SENT}`,
    '12 DelayOpenTimer_Expires': `Idle: 5/1 ${OUT_OF_SENT}`,
    '13 IdleHoldTimer_Expires': `Idle: 5/1 ${OUT_OF_SENT}`,
    '16 Tcp_CR_Acked': '=',
    '17 TcpConnectionConfirmed': '=',
    '18 TcpConnectionFails': 'Active: -Hold drop +ConnectRetry',
    '19 BGPOpen': 'OpenConfirm: keepalive +Hold +Keepalive',
    '21 BGPHeaderErr': `Idle: 1/1 ${OUT_OF_SENT}`,
    '22 BGPOpenMsgErr': `Idle: 2/2 ${OUT_OF_SENT}`,
    '23 OpenCollisionDump': `Idle: 6/7 ${OUT_OF_SENT}`,
    '24 NotifMsgVerErr': `Idle: ${OUT_OF_SENT}`,
    // By the letter an FSM error is sent; §6.4 has a NOTIFICATION answered by nothing, and so has everybody.
    '25 NotifMsg': `Idle: ${OUT_OF_SENT}`,
    '26 KeepAliveMsg': `Idle: 5/1 ${OUT_OF_SENT}`,
    '27 UpdateMsg': `Idle: 5/1 ${OUT_OF_SENT}`,
    // The error itself is told (§6.3), not that there was one.
    '28 UpdateMsgErr': `Idle: 3/1 ${OUT_OF_SENT}`,
    '29 SendHoldTimer_Expires': `Idle: 5/1 ${OUT_OF_SENT}`,
    RouteRefreshMsg: `Idle: 5/1 ${OUT_OF_SENT}`,
  },
  OpenConfirm: {
    '1 ManualStart': '=',
    '2 ManualStop': 'Idle: 6/2 -Hold -Keepalive drop',
    '8 AutomaticStop': `Idle: 6/4 ${OUT_OF_CONFIRM}`,
    '9 ConnectRetryTimer_Expires': `Idle: 5/2 ${OUT_OF_CONFIRM}`,
    '10 HoldTimer_Expires': `Idle: 4/0 ${OUT_OF_CONFIRM}`,
    '11 KeepaliveTimer_Expires': 'OpenConfirm: keepalive +Keepalive',
    '12 DelayOpenTimer_Expires': `Idle: 5/2 ${OUT_OF_CONFIRM}`,
    '13 IdleHoldTimer_Expires': `Idle: 5/2 ${OUT_OF_CONFIRM}`,
    '16 Tcp_CR_Acked': '=',
    '17 TcpConnectionConfirmed': '=',
    '18 TcpConnectionFails': `Idle: ${OUT_OF_CONFIRM}`,
    // A second OPEN on this connection; that of another one goes to another machine, and §6.8 decides (OpenCollisionDump).
    '19 BGPOpen': `Idle: 5/2 ${OUT_OF_CONFIRM}`,
    '21 BGPHeaderErr': `Idle: 1/1 ${OUT_OF_CONFIRM}`,
    '22 BGPOpenMsgErr': `Idle: 2/2 ${OUT_OF_CONFIRM}`,
    '23 OpenCollisionDump': `Idle: 6/7 ${OUT_OF_CONFIRM}`,
    '24 NotifMsgVerErr': `Idle: ${OUT_OF_CONFIRM}`,
    '25 NotifMsg': `Idle: ${OUT_OF_CONFIRM}`,
    '26 KeepAliveMsg': 'Established: +Hold +SendHold up',
    '27 UpdateMsg': `Idle: 5/2 ${OUT_OF_CONFIRM}`,
    '28 UpdateMsgErr': `Idle: 3/1 ${OUT_OF_CONFIRM}`,
    '29 SendHoldTimer_Expires': `Idle: 5/2 ${OUT_OF_CONFIRM}`,
    RouteRefreshMsg: `Idle: 5/2 ${OUT_OF_CONFIRM}`,
  },
  Established: {
    '1 ManualStart': '=',
    '2 ManualStop': 'Idle: 6/2 -Hold -Keepalive -SendHold drop released',
    '8 AutomaticStop': `Idle: 6/4 ${OUT_OF_UP}`,
    '9 ConnectRetryTimer_Expires': `Idle: 5/3 ${OUT_OF_UP}`,
    '10 HoldTimer_Expires': `Idle: 4/0 ${OUT_OF_UP}`,
    '11 KeepaliveTimer_Expires': 'Established: keepalive +Keepalive',
    '12 DelayOpenTimer_Expires': `Idle: 5/3 ${OUT_OF_UP}`,
    '13 IdleHoldTimer_Expires': `Idle: 5/3 ${OUT_OF_UP}`,
    '16 Tcp_CR_Acked': '=',
    '17 TcpConnectionConfirmed': '=',
    '18 TcpConnectionFails': `Idle: ${OUT_OF_UP}`,
    '19 BGPOpen': `Idle: 5/3 ${OUT_OF_UP}`,
    // §6.1 and §6.2: what is wrong is told, not merely that it is unexpected.
    '21 BGPHeaderErr': `Idle: 1/1 ${OUT_OF_UP}`,
    '22 BGPOpenMsgErr': `Idle: 2/2 ${OUT_OF_UP}`,
    '23 OpenCollisionDump': `Idle: 6/7 ${OUT_OF_UP}`,
    '24 NotifMsgVerErr': `Idle: ${OUT_OF_UP}`,
    '25 NotifMsg': `Idle: ${OUT_OF_UP}`,
    '26 KeepAliveMsg': 'Established: +Hold',
    '27 UpdateMsg': 'Established: +Hold',
    '28 UpdateMsgErr': `Idle: 3/1 ${OUT_OF_UP}`,
    '29 SendHoldTimer_Expires': `Idle: 8/0 ${OUT_OF_UP}`,
    RouteRefreshMsg: '=',
  },
}

/** Connect and Active differ in whether an attempt is under way, which the transport knows. */
function connecting(): Row {
  return {
    '1 ManualStart': '=',
    '2 ManualStop': 'Idle: -ConnectRetry -DelayOpen drop',
    '8 AutomaticStop': QUIET,
    '9 ConnectRetryTimer_Expires': 'Connect: connect +ConnectRetry',
    '10 HoldTimer_Expires': QUIET,
    '11 KeepaliveTimer_Expires': QUIET,
    '12 DelayOpenTimer_Expires': QUIET,
    '13 IdleHoldTimer_Expires': QUIET,
    '16 Tcp_CR_Acked': 'OpenSent: -ConnectRetry open +Hold',
    '17 TcpConnectionConfirmed': 'OpenSent: -ConnectRetry open +Hold',
    '18 TcpConnectionFails': QUIET,
    '19 BGPOpen': QUIET,
    '21 BGPHeaderErr': QUIET,
    '22 BGPOpenMsgErr': QUIET,
    '23 OpenCollisionDump': QUIET,
    '24 NotifMsgVerErr': QUIET,
    '25 NotifMsg': QUIET,
    '26 KeepAliveMsg': QUIET,
    '27 UpdateMsg': QUIET,
    '28 UpdateMsgErr': QUIET,
    '29 SendHoldTimer_Expires': QUIET,
    RouteRefreshMsg: QUIET,
  }
}

/** DelayOpen: the connection is there, and our OPEN waits (§8.2.2, Connect and Active with the DelayOpenTimer running). */
const DELAYING: Row = {
  '1 ManualStart': '=',
  '2 ManualStop': 'Idle: -ConnectRetry -DelayOpen drop',
  '8 AutomaticStop': QUIET,
  '9 ConnectRetryTimer_Expires': 'Connect: -DelayOpen connect +ConnectRetry',
  '10 HoldTimer_Expires': QUIET,
  '11 KeepaliveTimer_Expires': QUIET,
  '12 DelayOpenTimer_Expires': 'OpenSent: -ConnectRetry -DelayOpen open +Hold',
  '13 IdleHoldTimer_Expires': QUIET,
  '16 Tcp_CR_Acked': '=',
  '17 TcpConnectionConfirmed': '=',
  '18 TcpConnectionFails': 'Active: -DelayOpen drop +ConnectRetry',
  // Event 20.
  '19 BGPOpen': 'OpenConfirm: -ConnectRetry -DelayOpen open keepalive +Hold +Keepalive',
  '21 BGPHeaderErr': QUIET,
  '22 BGPOpenMsgErr': QUIET,
  '23 OpenCollisionDump': QUIET,
  '24 NotifMsgVerErr': QUIET,
  '25 NotifMsg': QUIET,
  '26 KeepAliveMsg': QUIET,
  '27 UpdateMsg': QUIET,
  '28 UpdateMsgErr': QUIET,
  '29 SendHoldTimer_Expires': QUIET,
  RouteRefreshMsg: QUIET,
}

function cell(config: FsmConfig, fsm: Fsm, event: FsmEvent): string {
  const result = step(config, fsm, event)
  const done = result.actions.map((action) => {
    switch (action.type) {
      case 'start-timer':
        return `+${action.timer.replace('Timer', '')}`
      case 'stop-timer':
        return `-${action.timer.replace('Timer', '')}`
      case 'send-notification':
        return `${action.code}/${action.subcode}`
      case 'send-open':
      case 'send-keepalive':
        return action.type.slice(5)
      case 'disconnect':
        return 'drop'
      case 'established':
        return 'up'
      default:
        return action.type
    }
  })
  return result.fsm.state === fsm.state && done.length === 0 ? '=' : `${result.fsm.state}: ${done.join(' ')}`
}

const at = (state: SessionState, delaying = false): Fsm => ({
  ...IDLE,
  state,
  enabled: true,
  holdTime: 90 * SECOND,
  keepalive: 30 * SECOND,
  delaying,
})

describe.each(Object.entries(TABLE) as [SessionState, Row][])('RFC 4271 §8.2.2 %s', (state, row) => {
  test.each(Object.entries(row) as [EventName, string][])('event %s → %s', (event, expected) => {
    expect(cell(CONFIG, at(state), EVENTS[event])).toBe(expected)
  })
})

describe.each(['Connect', 'Active'] as const)('RFC 4271 §8.2.2 %s, DelayOpenTimer running', (state) => {
  test.each(Object.entries(DELAYING) as [EventName, string][])('event %s → %s', (event, expected) => {
    expect(cell({ ...CONFIG, delayOpen: SECOND }, at(state, true), EVENTS[event])).toBe(expected)
  })

  test('a connection begins the delay, and stops the ConnectRetryTimer', () => {
    const delayed = { ...CONFIG, delayOpen: SECOND }
    expect(cell(delayed, at(state), EVENTS['16 Tcp_CR_Acked'])).toBe(`${state}: -ConnectRetry +DelayOpen`)
    expect(step(delayed, at(state), EVENTS['16 Tcp_CR_Acked']).fsm.delaying).toBe(true)
  })
})

test('RFC 4271 §8.1.2: a passive machine (Events 4, 5, 7) waits in Active, and never connects', () => {
  const passive = { ...CONFIG, passive: true }
  expect(cell(passive, at('Idle'), EVENTS['13 IdleHoldTimer_Expires'])).toBe('Active: ')
  expect(cell(passive, at('Active'), EVENTS['9 ConnectRetryTimer_Expires'])).toBe('=')
  expect(cell(passive, at('OpenSent'), EVENTS['18 TcpConnectionFails'])).toBe('Active: -Hold drop')
})

test('RFC 4271 §8.1.1, Events 6 and 7: oscillation is damped, but not by a version that was refused (Event 24)', () => {
  for (const [name, event] of Object.entries(EVENTS)) {
    for (const state of ['OpenSent', 'OpenConfirm', 'Established'] as const) {
      const { fsm } = step(CONFIG, { ...at(state), failures: 2 }, event)
      if (fsm.state !== 'Idle') continue
      expect(fsm.failures, `${state} ${name}`).toBe(name.startsWith('2 ') ? 0 : name.startsWith('24') && state !== 'Established' ? 2 : 3)
    }
  }
})

test('RFC 6608 §4: an unexpected message is answered with its type, a timer with nothing', () => {
  const answered = (state: 'OpenSent' | 'OpenConfirm' | 'Established', name: keyof typeof EVENTS) =>
    step(CONFIG, at(state), EVENTS[name]).actions.find((action) => action.type === 'send-notification')
  expect(answered('OpenSent', '26 KeepAliveMsg')).toMatchObject({ code: 5, subcode: 1, data: Uint8Array.of(4) })
  expect(answered('OpenConfirm', '27 UpdateMsg')).toMatchObject({ code: 5, subcode: 2, data: Uint8Array.of(2) })
  expect(answered('Established', '19 BGPOpen')).toMatchObject({ code: 5, subcode: 3, data: Uint8Array.of(1) })
  expect(answered('OpenSent', '11 KeepaliveTimer_Expires')).toMatchObject({ code: 5, subcode: 1, data: new Uint8Array(0) })
})

test('RFC 4271 §4.2, §10: with a hold time of zero neither timer runs, nor the SendHoldTimer (RFC 9687 §3)', () => {
  const zero = { ...at('OpenConfirm'), holdTime: 0, keepalive: 0 }
  expect(cell(CONFIG, at('OpenSent'), { type: 'BGPOpen', holdTime: 0, keepalive: 0 })).toBe('OpenConfirm: keepalive -Hold -Keepalive')
  expect(cell(CONFIG, zero, EVENTS['26 KeepAliveMsg'])).toBe('Established: -Hold up')
  expect(cell(CONFIG, { ...zero, state: 'Established' }, EVENTS['27 UpdateMsg'])).toBe('=')
})

test('RFC 9687 §3: the send hold time is twice the hold time at least', () => {
  const start = (sendHold: number) =>
    step({ ...CONFIG, sendHold }, at('OpenConfirm'), EVENTS['26 KeepAliveMsg']).actions.find(
      (action) => action.type === 'start-timer' && action.timer === 'SendHoldTimer',
    )
  expect(start(480 * SECOND)).toMatchObject({ delay: 480 * SECOND })
  expect(start(60 * SECOND)).toMatchObject({ delay: 180 * SECOND })
  expect(start(0)).toBeUndefined()
})
