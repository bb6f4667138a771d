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
 * session that was Established begins anew. Every event is defined in every state. In Idle only the IdleHoldTimer may run, in Active
 * and Connect only the ConnectRetryTimer, in OpenSent only the HoldTimer, later HoldTimer and KeepaliveTimer: entering a state stops
 * the others. Optional parts that are not here: DelayOpen, DelayOpenTimer, and TrackTcpState.
 */
import type { Micros, SessionState } from '../model/index.ts'
import { CeaseReason, describeNotification, ErrorCode, NO_DATA, type WireError } from './wire/index.ts'

export type TimerName = 'IdleHoldTimer' | 'ConnectRetryTimer' | 'HoldTimer' | 'KeepaliveTimer'

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
}

export const IDLE: Fsm = { state: 'Idle', enabled: false, failures: 0, holdTime: 0, keepalive: 0 }

/** Why a connection is gone, or was never there. */
export type TcpFailure = 'refused' | 'timeout' | 'unreachable' | 'address-not-local' | 'closed' | 'reset'

/** Events by their names in RFC 4271 §8.1. */
export type FsmEvent =
  | { readonly type: 'ManualStart' }
  /** `subcode` of the Cease; Administrative Shutdown where absent. */
  | { readonly type: 'ManualStop'; readonly subcode?: number }
  /** A reset from our side: as AutomaticStop, it comes back after the IdleHoldTimer. */
  | { readonly type: 'AutomaticStop'; readonly subcode?: number }
  | { readonly type: 'IdleHoldTimer_Expires' }
  | { readonly type: 'ConnectRetryTimer_Expires' }
  | { readonly type: 'HoldTimer_Expires' }
  | { readonly type: 'KeepaliveTimer_Expires' }
  | { readonly type: 'Tcp_CR_Acked' }
  | { readonly type: 'TcpConnectionConfirmed' }
  | { readonly type: 'TcpConnectionFails'; readonly reason: TcpFailure }
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
}

/** The timers that may run in each state. */
export const TIMERS_OF: Readonly<Record<SessionState, readonly TimerName[]>> = {
  Idle: ['IdleHoldTimer'],
  Active: ['ConnectRetryTimer'],
  Connect: ['ConnectRetryTimer'],
  OpenSent: ['HoldTimer'],
  OpenConfirm: ['HoldTimer', 'KeepaliveTimer'],
  Established: ['HoldTimer', 'KeepaliveTimer'],
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
    case 'IdleHoldTimer_Expires':
    case 'HoldTimer_Expires':
    case 'KeepaliveTimer_Expires':
      return event.type === 'ManualStart' ? ignore(fsm, 'already-started') : fall(config, fsm, 'fsm-error', [])
    case 'ConnectRetryTimer_Expires':
      if (config.passive) return ignore(fsm, 'passive')
      return {
        fsm: { ...fsm, state: 'Connect' },
        actions: [{ type: 'connect' }, start('ConnectRetryTimer', config.connectRetry)],
        reason: 'connect-retry-timer-expired',
      }
    case 'Tcp_CR_Acked':
    case 'TcpConnectionConfirmed':
      return {
        fsm: { ...fsm, state: 'OpenSent' },
        actions: [stop('ConnectRetryTimer'), { type: 'send-open' }, start('HoldTimer', config.openHold)],
        reason: 'new-connection',
      }
    default:
      return common(config, fsm, event)
  }
}

function openSent(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'BGPOpen': {
      const negotiated = { ...fsm, state: 'OpenConfirm' as const, holdTime: event.holdTime, keepalive: event.keepalive }
      return {
        fsm: negotiated,
        actions: [{ type: 'send-keepalive' }, rearm('HoldTimer', event.holdTime), rearm('KeepaliveTimer', event.keepalive)],
        reason: 'open-msg-received',
      }
    }
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
        actions: [rearm('HoldTimer', fsm.holdTime), { type: 'established' }],
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
    default:
      return common(config, fsm, event)
  }
}

/** What the states that have, or seek, a connection share: every way out of them. */
function common(config: FsmConfig, fsm: Fsm, event: FsmEvent): FsmStep {
  switch (event.type) {
    case 'ManualStart':
      return ignore(fsm, 'already-started')
    case 'ManualStop':
      return fall(config, { ...fsm, enabled: false }, 'admin-down', cease(fsm, event.subcode ?? CeaseReason.administrativeShutdown))
    case 'AutomaticStop':
      return fall(config, fsm, 'admin-reset', cease(fsm, event.subcode ?? CeaseReason.administrativeReset))
    case 'HoldTimer_Expires':
      return fall(config, fsm, 'hold-timer-expired', [notify(ErrorCode.hold, 0)])
    case 'TcpConnectionFails':
      return fall(config, fsm, tcpReason(event.reason), [])
    case 'OpenCollisionDump':
      return fall(config, fsm, 'connection-collision', cease(fsm, CeaseReason.connectionCollision))
    case 'NotifMsgVerErr':
      return fall(config, fsm, `notification-received ${describeNotification(ErrorCode.open, 1)}`, [])
    case 'NotifMsg':
      return fall(config, fsm, `notification-received ${describeNotification(event.code, event.subcode)}`, [])
    case 'BGPHeaderErr':
    case 'BGPOpenMsgErr':
    case 'UpdateMsgErr': {
      const { code, subcode, data } = event.error
      return fall(config, fsm, `notification-sent ${describeNotification(code, subcode)}`, [notify(code, subcode, data)])
    }
    default:
      return unexpected(config, fsm)
  }
}

/** RFC 6608: a message or timer that has no business in this state. */
function unexpected(config: FsmConfig, fsm: Fsm): FsmStep {
  const subcode = { Idle: 0, Connect: 0, Active: 0, OpenSent: 1, OpenConfirm: 2, Established: 3 }[fsm.state]
  return fall(config, fsm, 'fsm-error', subcode === 0 ? [] : [notify(ErrorCode.fsm, subcode)])
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
function cease(fsm: Fsm, subcode: number): FsmAction[] {
  const spoken = fsm.state === 'OpenSent' || fsm.state === 'OpenConfirm' || fsm.state === 'Established'
  return spoken ? [notify(ErrorCode.cease, subcode)] : []
}

function tcpReason(reason: TcpFailure): string {
  return reason === 'address-not-local' ? reason : `connection-${reason}`
}
