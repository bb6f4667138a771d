/**
 * One BGP connection with one peer: joins the FSM, the framer and the codec to the World's clock and transport.
 *
 * It knows nothing of routes: UPDATEs go to its hooks, and what is to be sent comes as bytes. The peer above it (peer.ts) owns one, and
 * for the length of a collision two (RFC 4271 §6.8, §8.2.1: an FSM per connection).
 */
import { SECOND, type SessionState } from '../model/index.ts'
import type { Connection, ConnectionEvent, World } from '../world/index.ts'
import type { ResolvedPeer } from './config.ts'
import { type Trouble, troubleOf } from './diagnosis.ts'
import { Farewell } from './farewell.ts'
import { type Fsm, type FsmAction, type FsmConfig, type FsmEvent, IDLE, step, type TimerName } from './fsm.ts'
import { Inbox } from './inbox.ts'
import { contextOf, type Negotiated, negotiate, openOf } from './negotiation.ts'
import type { SessionHooks } from './session-hooks.ts'
import { SendProgress, SessionTimers } from './session-timers.ts'
import {
  type CodecContext,
  ErrorCode,
  EXTENDED_MESSAGE_SIZE,
  encodeMessage,
  explain,
  type Frame,
  isIpv4Unicast,
  isIpv6Unicast,
  MAX_MESSAGE_SIZE,
  type Message,
  NO_DATA,
  type NotificationMessage,
  PLAIN,
  RefreshSubtype,
  type RouteRefreshMessage,
  shutdownCommunication,
  type WireError,
} from './wire/index.ts'

export class Session {
  /** True where the peer opened the connection: it decides collisions. */
  readonly incoming: boolean
  readonly #world: World
  readonly #config: ResolvedPeer
  readonly #hooks: SessionHooks
  readonly #timers: SessionTimers
  readonly #progress = new SendProgress()
  readonly #name: string
  #fsmConfig: FsmConfig
  #fsm: Fsm
  #connection: Connection | undefined
  /** Grows with every connection, so that nothing of an old one is taken for news. */
  #epoch = 0
  #inbox = new Inbox()
  #negotiated: Negotiated | undefined
  #sendContext: CodecContext = PLAIN
  #blocked = false
  #holdStarts = 0
  #trouble: Trouble | undefined
  #detail: string | undefined
  #notified: Trouble['notification']
  /** Connections that are being closed, by epoch. */
  readonly #farewells = new Map<number, Farewell>()
  #flushed: (() => void) | undefined

  constructor(world: World, config: ResolvedPeer, hooks: SessionHooks, incoming = false) {
    this.#world = world
    this.#config = config
    this.#hooks = hooks
    this.incoming = incoming
    this.#fsmConfig = incoming ? { ...config.fsm, passive: true, restarts: false } : config.fsm
    // A connection that the peer opened meets a machine that waits in Active.
    this.#fsm = incoming ? { ...IDLE, state: 'Active', enabled: true } : IDLE
    this.#name = `bgp ${config.localAddress}→${config.peerAddress}`
    this.#timers = new SessionTimers(world, this.#name, config, (timer) => this.#fired(timer))
  }

  get state(): SessionState {
    return this.#fsm.state
  }

  get negotiated(): Negotiated | undefined {
    return this.#negotiated
  }

  /** Why it fell back the last time; forgotten when Established. */
  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /** False: hold UPDATEs back until `writable`. */
  get writable(): boolean {
    return !this.#blocked
  }

  start(): void {
    this.#handle({ type: 'ManualStart' })
  }

  /** In Active, with no connection that a new one could disturb. */
  get waiting(): boolean {
    return this.state === 'Active' && this.#connection === undefined
  }

  /** Cease with `subcode` and its data, close, and back after the IdleHoldTimer; `words`: what was wrong with the peer. */
  reset(subcode?: number, data: Uint8Array = NO_DATA, words?: string): void {
    this.#detail = words
    if (words !== undefined) this.#notified = { direction: 'sent', code: ErrorCode.cease, subcode: subcode ?? 0, data }
    this.#handle({ type: 'AutomaticStop', ...(subcode === undefined ? {} : { subcode }), data })
  }

  /** RFC 4724 §5: the peer opened another connection, so this one is dead although nobody said so. */
  abandon(): void {
    this.#handle({ type: 'TcpConnectionFails', reason: 'reset' })
  }

  /** Cease with `subcode` and its data, then close; `flushed` is called once the last word is out, never before this returned. */
  stop(subcode: number, flushed: () => void = () => {}, data: Uint8Array = NO_DATA): void {
    this.#handle({ type: 'ManualStop', subcode, data })
    this.#flushed = flushed
    if (this.#farewells.size === 0) this.#world.clock.yield(() => this.#flush())
  }

  /** Ended in favour of another connection; comes back by itself no more. */
  dump(): void {
    this.#fsmConfig = { ...this.#fsmConfig, restarts: false }
    this.#handle({ type: 'OpenCollisionDump' })
    this.#handle({ type: 'ManualStop' })
  }

  /** The survivor of a collision becomes the peer's one session. */
  promote(): void {
    this.#fsmConfig = this.#config.fsm
  }

  /** Takes a connection that the peer opened; the session must be in Active. */
  adopt(accept: (sink: (event: ConnectionEvent) => void) => Connection): void {
    this.#attach(accept)
    this.#handle({ type: 'TcpConnectionConfirmed' })
  }

  /** Sends whole messages; false from the moment on where they should be held back. */
  send(messages: readonly Uint8Array[]): boolean {
    for (const message of messages) {
      this.#progress.add(message.length)
      if (this.#connection?.send(message) === false) this.#blocked = true
    }
    return !this.#blocked
  }

  /** The encoding of UPDATEs that we send. */
  get sendContext(): CodecContext {
    return this.#sendContext
  }

  #agree(negotiated: Negotiated | undefined): void {
    this.#negotiated = negotiated
    this.#sendContext = negotiated === undefined ? PLAIN : contextOf(negotiated, 'send')
    this.#inbox.agree(negotiated === undefined ? PLAIN : contextOf(negotiated, 'receive'))
  }

  #handle(event: FsmEvent): void {
    const before = this.#fsm
    const { fsm, actions, reason, detail } = step(this.#fsmConfig, before, event)
    this.#fsm = fsm
    const fell = fsm.state !== before.state && (fsm.state === 'Idle' || (fsm.state === 'Active' && before.state !== 'Idle'))
    if (fell) {
      const silent = before.state === 'OpenSent' && event.type === 'TcpConnectionFails'
      this.#trouble = troubleOf(reason, this.#detail ?? detail, this.#notified, silent ? this.#trouble : undefined)
    }
    if (fsm.state === 'Established') this.#trouble = undefined
    this.#detail = undefined
    this.#notified = undefined
    // Told before the actions, so that a log reads: state, then what was sent in it.
    if (fsm.state !== before.state) this.#hooks.transition(this, before.state, fsm.state, reason)
    for (const action of actions) this.#act(action, event)
  }

  #act(action: FsmAction, cause: FsmEvent): void {
    switch (action.type) {
      case 'start-timer':
        if (action.timer === 'HoldTimer') this.#holdStarts++
        if (action.timer === 'SendHoldTimer') this.#progress.watch(action.delay, this.#connection?.queued ?? 0)
        this.#timers.start(action.timer, action.delay)
        break
      case 'stop-timer':
        if (action.timer === 'HoldTimer') this.#holdStarts++
        this.#timers.stop(action.timer)
        break
      case 'connect':
        this.#connect()
        break
      case 'disconnect':
        this.#disconnect()
        break
      case 'send-open':
        this.#say(openOf(this.#config, this.#hooks.restarting))
        break
      case 'send-keepalive':
        this.#say({ type: 'keepalive' })
        this.#hooks.keepaliveSent(this)
        break
      case 'send-notification': {
        const message: NotificationMessage = { type: 'notification', code: action.code, subcode: action.subcode, data: action.data }
        this.#say(message)
        this.#hooks.notification(this, 'sent', message, this.#trouble?.detail ?? shutdownCommunication(message) ?? '')
        break
      }
      case 'established':
        if (this.#negotiated) this.#hooks.established(this, this.#negotiated)
        break
      case 'released':
        this.#hooks.released(this, cause.type === 'TcpConnectionFails')
        break
    }
  }

  #fired(timer: TimerName): void {
    switch (timer) {
      case 'HoldTimer': {
        // The KEEPALIVE may already wait in the kernel, behind whatever kept this program busy: look once more.
        const starts = this.#holdStarts
        this.#world.clock.yield(() => {
          if (starts === this.#holdStarts) this.#handle({ type: 'HoldTimer_Expires' })
        })
        break
      }
      case 'ConnectRetryTimer':
        if (this.state === 'Connect') this.#trouble = { reason: 'connection-timeout' }
        this.#handle({ type: 'ConnectRetryTimer_Expires' })
        break
      case 'IdleHoldTimer':
        this.#handle({ type: 'IdleHoldTimer_Expires' })
        break
      case 'DelayOpenTimer':
        this.#handle({ type: 'DelayOpenTimer_Expires' })
        break
      case 'SendHoldTimer': {
        const again = this.#progress.again(this.#connection?.queued ?? 0)
        if (again === undefined) this.#handle({ type: 'SendHoldTimer_Expires' })
        else this.#timers.start('SendHoldTimer', again)
        break
      }
      case 'KeepaliveTimer':
        this.#handle({ type: 'KeepaliveTimer_Expires' })
        break
    }
  }

  #connect(): void {
    this.#connection?.abort()
    const { localAddress, peerAddress, port } = this.#config
    const request = {
      remote: { address: peerAddress, port },
      localAddress,
      // The ConnectRetryTimer is the one that gives up; this only bounds an attempt that nobody waits for.
      timeout: Math.max(this.#fsmConfig.connectRetry * 2, 10 * SECOND),
    }
    this.#attach((sink) => this.#world.transport.connect(request, sink))
  }

  #attach(open: (sink: (event: ConnectionEvent) => void) => Connection): void {
    const epoch = ++this.#epoch
    this.#inbox = new Inbox(this.#config.extendedMessages ? EXTENDED_MESSAGE_SIZE : MAX_MESSAGE_SIZE)
    this.#agree(undefined)
    this.#blocked = false
    this.#progress.reset()
    this.#connection = open((event) => {
      if (epoch === this.#epoch) this.#heard(event, epoch)
      else this.#farewells.get(epoch)?.handle(event)
    })
  }

  #heard(event: ConnectionEvent, epoch: number): void {
    switch (event.type) {
      case 'connected':
        this.#handle({ type: 'Tcp_CR_Acked' })
        break
      case 'failed':
        this.#connection = undefined
        this.#detail = event.detail
        this.#handle({ type: 'TcpConnectionFails', reason: event.reason })
        break
      case 'closed':
        this.#connection = undefined
        this.#handle({ type: 'TcpConnectionFails', reason: event.reason })
        break
      case 'drain':
        this.#blocked = false
        this.#hooks.writable(this)
        break
      case 'data':
        this.#receive(event.data, epoch)
        break
    }
  }

  #receive(chunk: Uint8Array, epoch: number): void {
    const { frames, error } = this.#inbox.push(chunk)
    for (const frame of frames) {
      this.#read(frame)
      if (epoch !== this.#epoch) return
    }
    if (error) this.#fail('BGPHeaderErr', error)
  }

  #read(frame: Frame): void {
    const received = this.#inbox.read(frame)
    if (!received.ok) this.#fail(received.event, received.error)
    else if (received.update === undefined) this.#dispatch(received.message)
    else {
      this.#handle({ type: 'UpdateMsg' })
      if (this.state === 'Established') this.#hooks.update(this, received.update)
    }
  }

  #dispatch(message: Message): void {
    switch (message.type) {
      case 'open': {
        const result = negotiate(this.#config, message)
        if ('code' in result) {
          this.#fail('BGPOpenMsgErr', result)
          return
        }
        if (this.state === 'OpenSent' || this.#fsm.delaying) {
          const epoch = this.#epoch
          this.#agree(result)
          this.#hooks.opened(this, result)
          // The owner may have ended this connection.
          if (epoch !== this.#epoch) return
        }
        this.#handle({
          type: 'BGPOpen',
          holdTime: result.holdTimeSeconds * SECOND,
          keepalive: Math.round(result.keepaliveSeconds * SECOND),
        })
        break
      }
      case 'keepalive':
        this.#handle({ type: 'KeepAliveMsg' })
        break
      case 'route-refresh':
        this.#handle({ type: 'RouteRefreshMsg' })
        if (this.state === 'Established') this.#refresh(message)
        break
      case 'notification':
        this.#detail = shutdownCommunication(message)
        this.#notified = { direction: 'received', ...message }
        this.#hooks.notification(this, 'received', message, this.#detail ?? '')
        if (message.code === ErrorCode.open && message.subcode === 1) this.#handle({ type: 'NotifMsgVerErr' })
        else this.#handle({ type: 'NotifMsg', code: message.code, subcode: message.subcode })
        break
    }
  }

  #refresh(message: RouteRefreshMessage): void {
    const family = isIpv4Unicast(message) ? 'ipv4' : isIpv6Unicast(message) ? 'ipv6' : undefined
    if (family === undefined || !this.#negotiated?.families[family]) return
    if (message.subtype === RefreshSubtype.request) this.#hooks.refresh(this, family, 'request')
    // RFC 7313 §5: other subtypes, and these where it was not negotiated, are ignored.
    else if (!this.#negotiated.enhancedRouteRefresh) return
    else if (message.subtype === RefreshSubtype.begin) this.#hooks.refresh(this, family, 'begin')
    else if (message.subtype === RefreshSubtype.end) this.#hooks.refresh(this, family, 'end')
  }

  #fail(type: 'BGPHeaderErr' | 'BGPOpenMsgErr' | 'UpdateMsgErr', error: WireError): void {
    this.#detail = explain(error)
    this.#notified = { direction: 'sent', code: error.code, subcode: error.subcode, data: error.data }
    this.#handle({ type, error })
  }

  #say(message: Message): void {
    this.send([encodeMessage(message, this.sendContext)])
  }

  #disconnect(): void {
    const connection = this.#connection
    const epoch = this.#epoch++
    this.#connection = undefined
    this.#agree(undefined)
    if (connection === undefined) return
    if (!this.#blocked) {
      connection.close()
      return
    }
    this.#blocked = false
    const farewell = new Farewell(this.#world.clock, this.#name, connection, () => {
      this.#farewells.delete(epoch)
      if (this.#farewells.size === 0) this.#flush()
    })
    this.#farewells.set(epoch, farewell)
  }

  #flush(): void {
    const flushed = this.#flushed
    this.#flushed = undefined
    flushed?.()
  }
}
