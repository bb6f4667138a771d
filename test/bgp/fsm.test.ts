import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Fsm, type FsmConfig, type FsmEvent, IDLE, idleHold, step, TIMERS_OF, type TimerName } from '../../src/bgp/fsm.ts'
import { SECOND, type SessionState } from '../../src/model/index.ts'

const CONFIG: FsmConfig = {
  passive: false,
  restarts: true,
  firstConnectDelay: 0,
  connectRetry: 5 * SECOND,
  openHold: 240 * SECOND,
  idleHold: { initial: SECOND, cap: 8 * SECOND },
}
const OPEN: FsmEvent = { type: 'BGPOpen', holdTime: 90 * SECOND, keepalive: 30 * SECOND }
const ERROR = { code: 3, subcode: 10, data: new Uint8Array(0), detail: 'x' }
const STATES: readonly SessionState[] = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established']
const EVENTS: readonly FsmEvent[] = [
  { type: 'ManualStart' },
  { type: 'ManualStop' },
  { type: 'AutomaticStop' },
  { type: 'IdleHoldTimer_Expires' },
  { type: 'ConnectRetryTimer_Expires' },
  { type: 'HoldTimer_Expires' },
  { type: 'KeepaliveTimer_Expires' },
  { type: 'Tcp_CR_Acked' },
  { type: 'TcpConnectionConfirmed' },
  { type: 'TcpConnectionFails', reason: 'refused' },
  { type: 'TcpConnectionFails', reason: 'closed' },
  { type: 'TcpConnectionFails', reason: 'address-not-local' },
  OPEN,
  { type: 'BGPOpen', holdTime: 0, keepalive: 0 },
  { type: 'BGPHeaderErr', error: ERROR },
  { type: 'BGPOpenMsgErr', error: ERROR },
  { type: 'OpenCollisionDump' },
  { type: 'NotifMsgVerErr' },
  { type: 'NotifMsg', code: 6, subcode: 2 },
  { type: 'KeepAliveMsg' },
  { type: 'UpdateMsg' },
  { type: 'UpdateMsgErr', error: ERROR },
  { type: 'RouteRefreshMsg' },
]

const at = (state: SessionState): Fsm => ({ ...IDLE, state, enabled: true, holdTime: 90 * SECOND, keepalive: 30 * SECOND })

/** Runs events, keeping what the actions leave running and open. */
function run(events: readonly FsmEvent[], config = CONFIG) {
  let fsm = IDLE
  const timers = new Set<TimerName>()
  let connection = false
  const log: string[] = []
  const sent: string[] = []
  for (const event of events) {
    const before = fsm.state
    const result = step(config, fsm, event)
    fsm = result.fsm
    // A timer that fires has stopped; a connection that fails or is confirmed changes hands outside.
    if (event.type.endsWith('Timer_Expires')) timers.delete(event.type.replace('_Expires', '') as TimerName)
    for (const action of result.actions) {
      if (action.type === 'start-timer') timers.add(action.timer)
      if (action.type === 'stop-timer') timers.delete(action.timer)
      if (action.type === 'connect') connection = true
      if (action.type === 'disconnect') connection = false
      if (action.type === 'send-notification') sent.push(`${action.code}/${action.subcode}`)
      else if (action.type.startsWith('send-')) sent.push(action.type)
    }
    if (before !== fsm.state) log.push(`${before}→${fsm.state} ${result.reason}`)
    const allowed = TIMERS_OF[fsm.state]
    for (const timer of timers) expect(allowed, `${before} ${event.type} → ${fsm.state}`).toContain(timer)
    if (fsm.state === 'Idle') expect(connection).toBe(false)
  }
  return { fsm, timers, log, sent }
}

test('a session comes up through the states and with the reasons of R40', () => {
  const { log, sent, timers } = run([
    { type: 'ManualStart' },
    { type: 'IdleHoldTimer_Expires' },
    { type: 'ConnectRetryTimer_Expires' },
    { type: 'Tcp_CR_Acked' },
    OPEN,
    { type: 'KeepAliveMsg' },
  ])
  expect(log).toEqual([
    'Idle→Active idle-hold-timer-expired',
    'Active→Connect connect-retry-timer-expired',
    'Connect→OpenSent new-connection',
    'OpenSent→OpenConfirm open-msg-received',
    'OpenConfirm→Established open-msg-negotiated',
  ])
  expect(sent).toEqual(['send-open', 'send-keepalive'])
  expect(timers).toEqual(new Set(['HoldTimer', 'KeepaliveTimer']))
})

test('a passive side waits in Active until the peer connects, and never connects', () => {
  const passive = { ...CONFIG, passive: true }
  const { log, timers } = run([{ type: 'ManualStart' }, { type: 'IdleHoldTimer_Expires' }, { type: 'ConnectRetryTimer_Expires' }], passive)
  expect(log).toEqual(['Idle→Active idle-hold-timer-expired'])
  expect(timers.size).toBe(0)
  expect(step(passive, at('Active'), { type: 'TcpConnectionConfirmed' }).fsm.state).toBe('OpenSent')
})

describe('every event in every state', () => {
  for (const state of STATES) {
    test.each(EVENTS.map((event) => [JSON.stringify(event), event] as const))(`${state}: %s`, (_, event) => {
      const { fsm, actions, reason } = step(CONFIG, at(state), event)
      expect(STATES).toContain(fsm.state)
      expect(reason).not.toBe('')
      if (state !== 'Idle' && fsm.state === 'Idle') {
        expect(actions).toContainEqual({ type: 'disconnect' })
        const waits = actions.some((a) => a.type === 'start-timer' && a.timer === 'IdleHoldTimer')
        expect(waits).toBe(event.type !== 'ManualStop')
      }
      if (state === 'Established') {
        expect(actions.some((a) => a.type === 'released')).toBe(fsm.state !== 'Established')
      }
    })
  }
})

test('no sequence of events throws, leaves a timer of another state running or a connection open in Idle', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 }), fc.boolean(), fc.boolean(), (events, passive, restarts) => {
      run([{ type: 'ManualStart' }, ...events], { ...CONFIG, passive, restarts })
    }),
    { numRuns: 1000 },
  )
})

test('after a stop nothing runs and nothing brings it back but a start', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS)), fc.array(fc.constantFrom(...EVENTS)), (before, after) => {
      const calm = after.filter((event) => event.type !== 'ManualStart')
      const { fsm, timers } = run([{ type: 'ManualStart' }, ...before, { type: 'ManualStop' }, ...calm])
      expect(fsm.state).toBe('Idle')
      expect(timers.size).toBe(0)
    }),
  )
})

test.each<[SessionState, FsmEvent, string]>([
  ['OpenSent', { type: 'KeepAliveMsg' }, '5/1'],
  ['OpenConfirm', { type: 'UpdateMsg' }, '5/2'],
  ['Established', OPEN, '5/3'],
  ['Established', { type: 'HoldTimer_Expires' }, '4/0'],
  ['OpenSent', { type: 'HoldTimer_Expires' }, '4/0'],
  ['Established', { type: 'ManualStop' }, '6/2'],
  ['Established', { type: 'AutomaticStop' }, '6/4'],
  ['OpenConfirm', { type: 'OpenCollisionDump' }, '6/7'],
  ['Established', { type: 'UpdateMsgErr', error: ERROR }, '3/10'],
])('%s and %j send NOTIFICATION %s before the connection is dropped', (state, event, expected) => {
  const { fsm, actions } = step(CONFIG, at(state), event)
  expect(fsm.state).toBe('Idle')
  const kinds = actions.map((a) => (a.type === 'send-notification' ? `${a.code}/${a.subcode}` : a.type))
  expect(kinds[0]).toBe(expected)
  expect(kinds.indexOf('disconnect')).toBeGreaterThan(0)
})

test('each failure doubles the wait in Idle up to the cap; Established forgets them', () => {
  expect([0, 1, 2, 3, 4, 99].map((failures) => idleHold(CONFIG, failures) / SECOND)).toEqual([1, 2, 4, 8, 8, 8])
  expect(step(CONFIG, { ...at('OpenConfirm'), failures: 5 }, { type: 'KeepAliveMsg' }).fsm.failures).toBe(0)
})

test('a hold time of zero starts neither timer', () => {
  const { actions } = step(CONFIG, at('OpenSent'), { type: 'BGPOpen', holdTime: 0, keepalive: 0 })
  expect(actions).toEqual([
    { type: 'send-keepalive' },
    { type: 'stop-timer', timer: 'HoldTimer' },
    { type: 'stop-timer', timer: 'KeepaliveTimer' },
  ])
})
