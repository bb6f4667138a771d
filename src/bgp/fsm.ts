/**
 * The BGP finite state machine of one connection, RFC 4271 §8, as a pure function: `(config, fsm, event) → { fsm, actions, reason }`.
 *
 *     Idle ──IdleHoldTimer_Expires──▶ Active ──ConnectRetryTimer_Expires──▶ Connect ──Tcp_CR_Acked──▶ OpenSent
 *                                       └──────────TcpConnectionConfirmed (the peer connected)──────────▶ │ BGPOpen
 *                                                                                       OpenConfirm ◀─────┘
 *                                                                       Established ◀──KeepAliveMsg──┘
 *
 * It differs from the letter of §8.2.2 in one place: a start passes through Active, where the ConnectRetryTimer runs for
 * `firstConnectDelay`, in place of going to Connect at once. The system that the lab reproduces logs it so (R40).
 *
 * DampPeerOscillations (§8.1.1): whoever falls back to Idle waits there for the IdleHoldTimer, twice as long each time up to a cap; a
 * session that was Established begins anew. DelayOpen (§8.1.1): a connection that is there waits in Connect or Active for the peer's
 * OPEN, until the DelayOpenTimer has ours sent (`delaying`). SendHoldTimer: RFC 9687.
 *
 * Every event is defined in every state, as §8.2.2 has it, but for these: a NOTIFICATION is never answered with one (§6.4 rather than the
 * letter of OpenSent), and a bad header or OPEN while Established is answered with its own error (§6.1) rather than as an FSM error.
 * A connection beside this one (Events 14 to 17 once it is open) is no affair of this machine: it gets a machine of its own (§8.2.1).
 *
 * In Idle only the IdleHoldTimer may run, in Active and Connect the ConnectRetryTimer and the DelayOpenTimer, in OpenSent only the
 * HoldTimer, later HoldTimer and KeepaliveTimer, in Established the SendHoldTimer too: entering a state stops the others.
 * Optional parts that are not here: TrackTcpState, SendNOTIFICATIONwithoutOPEN, CollisionDetectEstablishedState.
 */
import type { Micros, SessionState } from '../model/index.ts'
import { CeaseReason, describeNotification, ErrorCode, MessageType, NO_DATA, type WireError } from './wire/index.ts'

export type TimerName = 'IdleHoldTimer' | 'ConnectRetryTimer' | 'DelayOpenTimer' | 'HoldTimer' | 'KeepaliveTimer' | 'SendHoldTimer'

export interface FsmConfig {
  /** Never connects; waits in Active for the peer. */
  readonly passive: boolean
  /** False for a connection that the peer opened beside ours: when it ends, it ends. */
  readonly restarts: boolean
  /** From Active to the first attempt after each start. */
  readonly firstConnectDelay: Micros
  readonly connectRetry: Micros
  /** How long we wait for the peer's OPEN (§8.2.2 suggests four minutes). */
  readonly openHold: Micros
  /** The first wait in Idle after a failure, and the longest. */
  readonly idleHold: { readonly initial: Micros; readonly cap: Micros }
  /** How long our OPEN waits for the peer's (DelayOpen). 0 and absent: not at all. */
  readonly delayOpen?: Micros
  /** RFC 9687: how long the peer may take nothing of what we send. 0 and absent: for ever. */
  readonly sendHold?: Micros
}

export interface Fsm {
  readonly state: SessionState
  /** False before ManualStart and after ManualStop: nothing brings it out of Idle. */
  readonly enabled: boolean
  /** Falls back to Idle since the last Established: what the IdleHoldTimer grows by. */
  readonly failures: number
  /** Negotiated with the peer's OPEN; 0 means neither is ever sent nor awaited. */
  readonly holdTime: Micros
  readonly keepalive: Micros
  /** The connection is there and the DelayOpenTimer runs; only in Connect and Active. */
  readonly delaying: boolean
}

export const IDLE: Fsm = { state: 'Idle', enabled: false, failures: 0, holdTime: 0, keepalive: 0, delaying: false }

/** Why a connection is gone, or was never there. */
export type TcpFailure = 'refused' | 'timeout' | 'unreachable' | 'address-not-local' | 'closed' | 'reset'

/** Events by their names in RFC 4271 §8.1. */
export type FsmEvent =
  | { readonly type: 'ManualStart' }
  /** `subcode` of the Cease; Administrative Shutdown where absent. */
  | { readonly type: 'ManualStop'; readonly subcode?: number; readonly data?: Uint8Array }
  /** A reset from our side: as AutomaticStop, it comes back after the IdleHoldTimer. */
  | { readonly type: 'AutomaticStop'; readonly subcode?: number; readonly data?: Uint8Array }
  | { readonly type: 'IdleHoldTimer_Expires' }
  | { readonly type: 'ConnectRetryTimer_Expires' }
  | { readonly type: 'DelayOpenTimer_Expires' }
  | { readonly type: 'HoldTimer_Expires' }
  | { readonly type: 'KeepaliveTimer_Expires' }
  /** RFC 9687, Event 29. */
  | { readonly type: 'SendHoldTimer_Expires' }
  | { readonly type: 'Tcp_CR_Acked' }
  | { readonly type: 'TcpConnectionConfirmed' }
  | { readonly type: 'TcpConnectionFails'; readonly reason: TcpFailure }
  /** Event 19; while `delaying` Event 20. */
  | { readonly type: 'BGPOpen'; readonly holdTime: Micros; readonly keepalive: Micros }
  | { readonly type: 'BGPHeaderErr'; readonly error: WireError }
  | { readonly type: 'BGPOpenMsgErr'; readonly error: WireError }
  | { readonly type: 'OpenCollisionDump' }
  | { readonly type: 'NotifMsgVerErr' }
  | { readonly type: 'NotifMsg'; readonly code: number; readonly subcode: number }
  | { readonly type: 'KeepAliveMsg' }
  | { readonly type: 'UpdateMsg' }
  | { readonly type: 'UpdateMsgErr'; readonly error: WireError }
  | { readonly type: 'RouteRefreshMsg' }

export type FsmAction =
  | { readonly type: 'start-timer'; readonly timer: TimerName; readonly delay: Micros }
  | { readonly type: 'stop-timer'; readonly timer: TimerName }
  /** Drop any attempt that is under way and begin another. */
  | { readonly type: 'connect' }
  /** Close the connection, or abandon the attempt; harmless where there is none. */
  | { readonly type: 'disconnect' }
  | { readonly type: 'send-open' }
  | { readonly type: 'send-keepalive' }
  | { readonly type: 'send-notification'; readonly code: number; readonly subcode: number; readonly data: Uint8Array }
  /** Routes may be exchanged from here on. */
  | { readonly type: 'established' }
  /** They may not any more: what the peer announced is gone (§8.2.2 "deletes all routes"). */
  | { readonly type: 'released' }

export interface FsmStep {
  readonly fsm: Fsm
  readonly actions: readonly FsmAction[]
  /** In words of R40; says why the state changed, or why nothing came of the event. */
  readonly reason: string
  /** What the reason alone does not tell. */
  readonly detail?: string
}

/** The timers that may run in each state. */
export const TIMERS_OF: Readonly<Record<SessionState, readonly TimerName[]>> = {
  Idle: ['IdleHoldTimer'],
  Active: ['ConnectRetryTimer', 'DelayOpenTimer'],
  Connect: ['ConnectRetryTimer', 'DelayOpenTimer'],
  OpenSent: ['HoldTimer'],
  OpenConfirm: ['HoldTimer', 'KeepaliveTimer'],
  Established: ['HoldTimer', 'KeepaliveTimer', 'SendHoldTimer'],
}

export function step(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (fsm.state) {
    case 'Idle':
      return idle(config, fsm, event)
    case 'Connect':
    case 'Active':
      return connecting(config, fsm, event)
    case 'OpenSent':
      return openSent(config, fsm, event)
    case 'OpenConfirm':
      return openConfirm(config, fsm, event)
    case 'Established':
      return established(config, fsm, event)
  }
}

function idle(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'ManualStart':
      if (fsm.enabled) return ignore(fsm, 'already-started')
      return { fsm: { ...fsm, enabled: true, failures: 0 }, actions: [start('IdleHoldTimer', 0)], reason: 'started' }
    case 'ManualStop':
      return { fsm: { ...fsm, enabled: false }, actions: [stop('IdleHoldTimer')], reason: 'stopped' }
    case 'IdleHoldTimer_Expires': {
      if (!fsm.enabled) return ignore(fsm, 'stopped')
      const actions = config.passive ? [] : [start('ConnectRetryTimer', config.firstConnectDelay)]
      return { fsm: { ...fsm, state: 'Active' }, actions, reason: 'idle-hold-timer-expired' }
    }
    default:
      return ignore(fsm, 'idle')
  }
}

/** Connect and Active differ only in whether an attempt of ours is under way. */
function connecting(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'ManualStart':
      return ignore(fsm, 'already-started')
    case 'ManualStop':
    case 'AutomaticStop':
    case 'TcpConnectionFails':
    case 'OpenCollisionDump':
    case 'NotifMsgVerErr':
    case 'NotifMsg':
      return fsm.delaying && event.type === 'TcpConnectionFails' ? listenAgain(config, fsm, event.reason) : common(config, fsm, event)
    case 'BGPHeaderErr':
    case 'BGPOpenMsgErr': {
      // Nothing was said yet, so nothing is said now (SendNOTIFICATIONwithoutOPEN is off).
      const { code, subcode } = event.error
      return fall(config, fsm, `refused ${describeNotification(code, subcode)}`, [])
    }
    case 'ConnectRetryTimer_Expires':
      if (config.passive) return ignore(fsm, 'passive')
      return {
        fsm: { ...fsm, state: 'Connect', delaying: false },
        actions: [...undelay(fsm), { type: 'connect' }, start('ConnectRetryTimer', config.connectRetry)],
        reason: 'connect-retry-timer-expired',
      }
    case 'DelayOpenTimer_Expires':
      return fsm.delaying ? openSentNow(config, fsm, 'delay-open-timer-expired') : fall(config, fsm, 'fsm-error', [])
    case 'Tcp_CR_Acked':
    case 'TcpConnectionConfirmed': {
      if (fsm.delaying) return ignore(fsm, 'second-connection')
      const delay = config.delayOpen ?? 0
      if (delay === 0) return openSentNow(config, fsm, 'new-connection')
      const actions = [stop('ConnectRetryTimer'), start('DelayOpenTimer', delay)]
      return { fsm: { ...fsm, delaying: true }, actions, reason: 'new-connection' }
    }
    case 'BGPOpen': {
      if (!fsm.delaying) return fall(config, fsm, 'fsm-error', [])
      // Event 20: the peer spoke first.
      const heard = confirm({ ...fsm, delaying: false }, event.holdTime, event.keepalive)
      return { ...heard, actions: [stop('ConnectRetryTimer'), stop('DelayOpenTimer'), { type: 'send-open' }, ...heard.actions] }
    }
    default:
      return fall(config, fsm, 'fsm-error', [])
  }
}

/** A delayed connection went away: the other may come again, or is called again (§8.2.2, Connect, Event 18). */
function listenAgain(config: FsmConfig, fsm: Fsm, reason: TcpFailure): FsmStep {
  if (!config.restarts) return fall(config, fsm, tcpReason(reason), [])
  const retry = config.passive ? [] : [start('ConnectRetryTimer', config.connectRetry)]
  return {
    fsm: { ...fsm, state: 'Active', delaying: false },
    actions: [stop('DelayOpenTimer'), { type: 'disconnect' }, ...retry],
    reason: tcpReason(reason),
  }
}

function openSentNow(config: FsmConfig, fsm: Fsm, reason: string): FsmStep {
  return {
    fsm: { ...fsm, state: 'OpenSent', delaying: false },
    actions: [stop('ConnectRetryTimer'), ...undelay(fsm), { type: 'send-open' }, start('HoldTimer', config.openHold)],
    reason,
  }
}

function undelay(fsm: Fsm): FsmAction[] {
  return fsm.delaying ? [stop('DelayOpenTimer')] : []
}

function confirm(fsm: Fsm, holdTime: Micros, keepaliveTime: Micros): FsmStep {
  return {
    fsm: { ...fsm, state: 'OpenConfirm', holdTime, keepalive: keepaliveTime },
    actions: [{ type: 'send-keepalive' }, rearm('HoldTimer', holdTime), rearm('KeepaliveTimer', keepaliveTime)],
    reason: 'open-msg-received',
  }
}

function openSent(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'BGPOpen':
      return confirm(fsm, event.holdTime, event.keepalive)
    case 'TcpConnectionFails': {
      // §8.2.2: back to Active, to try again or to be called. FRR closes a connection here while its old session lives.
      if (!config.restarts) return fall(config, fsm, tcpReason(event.reason), [])
      const retry = config.passive ? [] : [start('ConnectRetryTimer', config.connectRetry)]
      return {
        fsm: { ...fsm, state: 'Active' },
        actions: [stop('HoldTimer'), { type: 'disconnect' }, ...retry],
        reason: tcpReason(event.reason),
      }
    }
    default:
      return common(config, fsm, event)
  }
}

function openConfirm(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'KeepAliveMsg':
      return {
        fsm: { ...fsm, state: 'Established', failures: 0 },
        actions: [rearm('HoldTimer', fsm.holdTime), ...sendHold(config, fsm), { type: 'established' }],
        reason: 'open-msg-negotiated',
      }
    case 'KeepaliveTimer_Expires':
      return keepalive(fsm)
    default:
      return common(config, fsm, event)
  }
}

function established(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'KeepAliveMsg':
    case 'UpdateMsg':
      return { fsm, actions: fsm.holdTime > 0 ? [start('HoldTimer', fsm.holdTime)] : [], reason: 'heard' }
    case 'RouteRefreshMsg':
      return ignore(fsm, 'route-refresh')
    case 'KeepaliveTimer_Expires':
      return keepalive(fsm)
    case 'SendHoldTimer_Expires':
      return fall(config, fsm, 'send-hold-timer-expired', [notify(ErrorCode.sendHold, 0)])
    default:
      return common(config, fsm, event)
  }
}

/** RFC 9687 §3: off where the hold time is. */
function sendHold(config: FsmConfig, fsm: Fsm): FsmAction[] {
  const time = fsm.holdTime > 0 ? (config.sendHold ?? 0) : 0
  return time > 0 ? [start('SendHoldTimer', Math.max(time, 2 * fsm.holdTime))] : []
}

/** What the states that have, or seek, a connection share: every way out of them. */
function common(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'ManualStart':
      return ignore(fsm, 'already-started')
    case 'Tcp_CR_Acked':
    case 'TcpConnectionConfirmed':
      return ignore(fsm, 'second-connection')
    case 'ManualStop':
      return fall(
        config,
        { ...fsm, enabled: false },
        'admin-down',
        cease(fsm, event.subcode ?? CeaseReason.administrativeShutdown, event.data),
      )
    case 'AutomaticStop': {
      const subcode = event.subcode ?? CeaseReason.administrativeReset
      const fallen = fall(config, fsm, 'admin-reset', cease(fsm, subcode, event.data))
      return { ...fallen, detail: describeNotification(ErrorCode.cease, subcode) }
    }
    case 'HoldTimer_Expires':
      return fall(config, fsm, 'hold-timer-expired', [notify(ErrorCode.hold, 0)])
    case 'TcpConnectionFails':
      return fall(config, fsm, tcpReason(event.reason), [])
    case 'OpenCollisionDump':
      return fall(config, fsm, 'connection-collision', cease(fsm, CeaseReason.connectionCollision))
    case 'NotifMsgVerErr': {
      const fallen = fall(config, fsm, `notification-received ${describeNotification(ErrorCode.open, 1)}`, [])
      if (fsm.state === 'Established') return fallen
      // §8.2.2: while the OPENs are exchanged no failure that damps; another version would be tried, if there were one.
      return { ...fallen, fsm: { ...fallen.fsm, failures: fsm.failures } }
    }
    case 'NotifMsg':
      return fall(config, fsm, `notification-received ${describeNotification(event.code, event.subcode)}`, [])
    case 'BGPHeaderErr':
    case 'BGPOpenMsgErr':
    case 'UpdateMsgErr': {
      const { code, subcode, data } = event.error
      return fall(config, fsm, `notification-sent ${describeNotification(code, subcode)}`, [notify(code, subcode, data)])
    }
    default:
      return unexpected(config, fsm, event)
  }
}

/** The message whose arrival an event is: its name and its type. */
const MESSAGE_OF: Partial<Record<FsmEvent['type'], readonly [name: string, type: number]>> = {
  BGPOpen: ['OPEN', MessageType.open],
  UpdateMsg: ['UPDATE', MessageType.update],
  KeepAliveMsg: ['KEEPALIVE', MessageType.keepalive],
  RouteRefreshMsg: ['ROUTE-REFRESH', MessageType.routeRefresh],
}

/** A message or timer that has no business in this state: RFC 6608 §4, with the message's type as its data. */
function unexpected(config: FsmConfig, fsm: Fsm, { type }: FsmEvent): FsmStep {
  const subcode = { Idle: 0, Connect: 0, Active: 0, OpenSent: 1, OpenConfirm: 2, Established: 3 }[fsm.state]
  const [name, code] = MESSAGE_OF[type] ?? []
  const data = code === undefined ? NO_DATA : Uint8Array.of(code)
  const fallen = fall(config, fsm, 'fsm-error', subcode === 0 ? [] : [notify(ErrorCode.fsm, subcode, data)])
  return { ...fallen, detail: `${name ?? type} in ${fsm.state}` }
}

/** To Idle: says the last word, drops the connection, stops this state's timers, and waits longer than the last time. */
function fall(config: FsmConfig, fsm: Fsm, reason: string, lastWords: readonly FsmAction[]): FsmStep {
  const actions: FsmAction[] = [...lastWords, ...TIMERS_OF[fsm.state].map(stop), { type: 'disconnect' }]
  if (fsm.state === 'Established') actions.push({ type: 'released' })
  if (fsm.enabled && config.restarts) actions.push(start('IdleHoldTimer', idleHold(config, fsm.failures)))
  const failures = fsm.enabled ? fsm.failures + 1 : 0
  return { fsm: { ...IDLE, enabled: fsm.enabled, failures }, actions, reason }
}

/** The wait in Idle after that many failures before this one. */
export function idleHold(config: FsmConfig, failures: number): Micros {
  return Math.min(config.idleHold.cap, config.idleHold.initial * 2 ** Math.min(failures, 30))
}

function keepalive(fsm: Fsm): FsmStep {
  return { fsm, actions: [{ type: 'send-keepalive' }, rearm('KeepaliveTimer', fsm.keepalive)], reason: 'keepalive-timer-expired' }
}

function ignore(fsm: Fsm, reason: string): FsmStep {
  return { fsm, actions: [], reason }
}

/** A hold time of zero switches both timers off (§4.2). */
function rearm(timer: TimerName, delay: Micros): FsmAction {
  return delay > 0 ? start(timer, delay) : stop(timer)
}

function start(timer: TimerName, delay: Micros): FsmAction {
  return { type: 'start-timer', timer, delay }
}

function stop(timer: TimerName): FsmAction {
  return { type: 'stop-timer', timer }
}

function notify(code: number, subcode: number, data: Uint8Array = NO_DATA): FsmAction {
  return { type: 'send-notification', code, subcode, data }
}

/** Before our OPEN there is nothing to end with a word (§8.2.2 sends none in Connect and Active). */
function cease(fsm: Fsm, subcode: number, data?: Uint8Array): FsmAction[] {
  const spoken = fsm.state === 'OpenSent' || fsm.state === 'OpenConfirm' || fsm.state === 'Established'
  return spoken ? [notify(ErrorCode.cease, subcode, data)] : []
}

function tcpReason(reason: TcpFailure): string {
  return reason === 'address-not-local' ? reason : `connection-${reason}`
}
