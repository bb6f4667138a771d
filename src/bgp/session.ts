/**
 * One BGP connection with one peer: joins the FSM, the framer and the codec to the World's clock and transport.
 *
 * It knows nothing of routes: UPDATEs go to its hooks, and what is to be sent comes as bytes. The peer above it (peer.ts) owns one, and
 * for the length of a collision two (RFC 4271 §6.8, §8.2.1: an FSM per connection).
 */
import { type Micros, SECOND, type SessionState } from '../model/index.ts'
import type { Connection, ConnectionEvent, Timer, World } from '../world/index.ts'
import type { ResolvedPeer } from './config.ts'
import type { Trouble } from './diagnosis.ts'
import { Farewell } from './farewell.ts'
import { type Fsm, type FsmAction, type FsmConfig, type FsmEvent, IDLE, step, type TimerName } from './fsm.ts'
import { type Negotiated, negotiate, openOf } from './negotiation.ts'
import {
  type CodecContext,
  decodeMessage,
  describeNotification,
  ErrorCode,
  encodeMessage,
  type Frame,
  Framer,
  isIpv4Unicast,
  type Message,
  MessageType,
  type NotificationMessage,
  PLAIN,
  type UpdateMessage,
  type WireError,
} from './wire/index.ts'

/** What a session tells its owner. All but `transition` come from inside an event of the World. */
export interface SessionHooks {
  transition(session: Session, from: SessionState, to: SessionState, reason: string): void
  /** The peer's OPEN is sound; the owner may end this or another session here (§6.8). */
  opened(session: Session, negotiated: Negotiated): void
  established(session: Session, negotiated: Negotiated): void
  released(session: Session): void
  update(session: Session, update: UpdateMessage): void
  refreshRequested(session: Session): void
  /** There is room again after `send` answered false. */
  writable(session: Session): void
  keepaliveSent(session: Session): void
  notification(session: Session, direction: 'sent' | 'received', message: NotificationMessage, detail: string): void
}

const TIMERS: readonly TimerName[] = ['IdleHoldTimer', 'ConnectRetryTimer', 'HoldTimer', 'KeepaliveTimer']

export class Session {
  /** True where the peer opened the connection: it decides collisions. */
  readonly incoming: boolean
  readonly #world: World
  readonly #config: ResolvedPeer
  readonly #hooks: SessionHooks
  readonly #timers: Readonly<Record<TimerName, Timer>>
  readonly #name: string
  #fsmConfig: FsmConfig
  #fsm: Fsm
  #connection: Connection | undefined
  /** Grows with every connection, so that nothing of an old one is taken for news. */
  #epoch = 0
  #framer = new Framer()
  #negotiated: Negotiated | undefined
  #blocked = false
  #holdStarts = 0
  #trouble: Trouble | undefined
  #detail: string | undefined
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
    const timers = TIMERS.map((timer) => [timer, world.clock.timer(`${this.#name} ${timer}`, () => this.#fired(timer))] as const)
    this.#timers = Object.fromEntries(timers) as Record<TimerName, Timer>
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

  /** Cease, close, and back after the IdleHoldTimer. */
  reset(subcode?: number): void {
    this.#handle({ type: 'AutomaticStop', ...(subcode === undefined ? {} : { subcode }) })
  }

  /** Cease with `subcode`, then close; `flushed` is called once the last word is out, never before this returned. */
  stop(subcode: number, flushed: () => void = () => {}): void {
    this.#handle({ type: 'ManualStop', subcode })
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
      if (this.#connection?.send(message) === false) this.#blocked = true
    }
    return !this.#blocked
  }

  /** The encoding of UPDATEs that we send. */
  get sendContext(): CodecContext {
    const negotiated = this.#negotiated
    return negotiated === undefined ? PLAIN : { fourOctetAs: negotiated.fourOctetAs, addPath: negotiated.addPath.send }
  }

  #receiveContext(): CodecContext {
    const negotiated = this.#negotiated
    return negotiated === undefined ? PLAIN : { fourOctetAs: negotiated.fourOctetAs, addPath: negotiated.addPath.receive }
  }

  #handle(event: FsmEvent): void {
    const before = this.#fsm
    const { fsm, actions, reason } = step(this.#fsmConfig, before, event)
    this.#fsm = fsm
    const fell = fsm.state !== before.state && (fsm.state === 'Idle' || (fsm.state === 'Active' && before.state !== 'Idle'))
    if (fell) this.#trouble = { reason, ...(this.#detail === undefined ? {} : { detail: this.#detail }) }
    if (fsm.state === 'Established') this.#trouble = undefined
    this.#detail = undefined
    // Told before the actions, so that a log reads: state, then what was sent in it.
    if (fsm.state !== before.state) this.#hooks.transition(this, before.state, fsm.state, reason)
    for (const action of actions) this.#act(action)
  }

  #act(action: FsmAction): void {
    switch (action.type) {
      case 'start-timer':
        if (action.timer === 'HoldTimer') this.#holdStarts++
        this.#timers[action.timer].start(this.#jittered(action.timer, action.delay))
        break
      case 'stop-timer':
        if (action.timer === 'HoldTimer') this.#holdStarts++
        this.#timers[action.timer].stop()
        break
      case 'connect':
        this.#connect()
        break
      case 'disconnect':
        this.#disconnect()
        break
      case 'send-open':
        this.#say(openOf(this.#config))
        break
      case 'send-keepalive':
        this.#say({ type: 'keepalive' })
        this.#hooks.keepaliveSent(this)
        break
      case 'send-notification': {
        const message: NotificationMessage = { type: 'notification', code: action.code, subcode: action.subcode, data: action.data }
        this.#say(message)
        this.#hooks.notification(this, 'sent', message, this.#trouble?.detail ?? '')
        break
      }
      case 'established':
        if (this.#negotiated) this.#hooks.established(this, this.#negotiated)
        break
      case 'released':
        this.#hooks.released(this)
        break
    }
  }

  /** RFC 4271 §10: three quarters to all of it. Not the keepalives: they are read in logs as every 30 s (R40). */
  #jittered(timer: TimerName, delay: Micros): Micros {
    if (timer === 'HoldTimer' || timer === 'KeepaliveTimer') return delay
    return delay === 0 ? 0 : Math.round(delay * (0.75 + this.#world.random.next() / 4))
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
    this.#framer = new Framer()
    this.#negotiated = undefined
    this.#blocked = false
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
    const { frames, error } = this.#framer.push(chunk)
    for (const frame of frames) {
      this.#decode(frame)
      if (epoch !== this.#epoch) return
    }
    if (error) this.#fail('BGPHeaderErr', error)
  }

  #decode(frame: Frame): void {
    const decoded = decodeMessage(frame, this.#receiveContext())
    if (decoded.ok) this.#dispatch(decoded.message)
    else if (frame.type === MessageType.open) this.#fail('BGPOpenMsgErr', decoded.error)
    else if (frame.type === MessageType.update) this.#fail('UpdateMsgErr', decoded.error)
    else this.#fail('BGPHeaderErr', decoded.error)
  }

  #dispatch(message: Message): void {
    switch (message.type) {
      case 'open': {
        const result = negotiate(this.#config, message)
        if ('code' in result) {
          this.#fail('BGPOpenMsgErr', result)
          return
        }
        if (this.state === 'OpenSent') {
          this.#negotiated = result
          this.#hooks.opened(this, result)
          // The owner may have ended this connection.
          if (this.state !== 'OpenSent') return
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
      case 'update':
        this.#handle({ type: 'UpdateMsg' })
        if (this.state === 'Established') this.#hooks.update(this, message)
        break
      case 'route-refresh':
        this.#handle({ type: 'RouteRefreshMsg' })
        // Subtypes other than a request belong to RFC 7313, which we do not offer.
        if (this.state === 'Established' && isIpv4Unicast(message) && message.subtype === 0) this.#hooks.refreshRequested(this)
        break
      case 'notification':
        this.#hooks.notification(this, 'received', message, '')
        this.#detail = describeNotification(message.code, message.subcode)
        if (message.code === ErrorCode.open && message.subcode === 1) this.#handle({ type: 'NotifMsgVerErr' })
        else this.#handle({ type: 'NotifMsg', code: message.code, subcode: message.subcode })
        break
    }
  }

  #fail(type: 'BGPHeaderErr' | 'BGPOpenMsgErr' | 'UpdateMsgErr', error: WireError): void {
    this.#detail = error.detail
    this.#handle({ type, error })
  }

  #say(message: Message): void {
    this.send([encodeMessage(message, this.sendContext)])
  }

  #disconnect(): void {
    const connection = this.#connection
    const epoch = this.#epoch++
    this.#connection = undefined
    this.#negotiated = undefined
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
