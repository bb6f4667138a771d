/**
 * The speaker's events as GoBGP would log them (R40). GoBGP's machine has no Connect: what ours does there is, in its words, an Active one
 * that tries to connect.
 */
import { type SpeakerEvent, wire } from '../../bgp/index.ts'
import type { Route, SessionState } from '../../model/index.ts'
import { formatPrefix } from '../../net/index.ts'
import { announcedAttributes, attributesText, nlriText } from './attributes.ts'
import type { Log } from './log.ts'

export interface Subject {
  readonly localASN: number
  /** Why the session with a peer is not Established, in words. */
  reasonOf(peerAddress: string): string | undefined
  /** What is known of a prefix, and why a path of it is not used. */
  routeTo(prefix: string): Route
}

const KEEPALIVE = '&{{[] 19 4} 0x0}'

export class Narrator {
  readonly #log: Log
  readonly #subject: Subject
  readonly #states = new Map<string, SessionState>()
  /** Since when a peer's session has been Idle, in seconds of the log. */
  readonly #idleSince = new Map<string, number>()
  /** Prefixes received, by peer. */
  readonly #known = new Map<string, Set<string>>()

  constructor(log: Log, subject: Subject) {
    this.#log = log
    this.#subject = subject
  }

  handle(event: SpeakerEvent): void {
    switch (event.type) {
      case 'state':
        this.#state(event)
        break
      case 'update-sent':
        this.#sent(event)
        break
      case 'update-received':
        this.#received(event.peerAddress, event.update)
        break
      case 'routes-changed':
        this.#judged(event.peerAddress, event.prefixes)
        break
      case 'keepalive-sent':
        this.#keepalive(event.peerAddress)
        break
      case 'notification':
        this.#notification(event)
        break
    }
  }

  /** Told now and then of a session that is not up: whoever waits at the terminal must not wonder. */
  remind(peerAddress: string, state: SessionState): void {
    const reason = this.#subject.reasonOf(peerAddress) ?? 'no answer yet'
    this.#peer('warning', 'not established', peerAddress, { State: fsmName(state), Error: reason })
  }

  #state({ peerAddress, from, to, reason }: SpeakerEvent & { readonly type: 'state' }): void {
    this.#states.set(peerAddress, to)
    if (to === 'Connect') {
      this.#peer('debug', 'try to connect', peerAddress)
      return
    }
    if (from === 'Idle' && to === 'Active') {
      const since = this.#idleSince.get(peerAddress)
      const Duration = since === undefined ? 0 : Math.round(this.#log.seconds - since)
      this.#peer('debug', 'IdleHoldTimer expired', peerAddress, { Duration })
    }
    if (to === 'Idle') this.#idleSince.set(peerAddress, this.#log.seconds)
    if (from === 'Connect' && to !== 'OpenSent') {
      const error = this.#subject.reasonOf(peerAddress) ?? reason
      this.#peer('warning', 'failed to connect', peerAddress, { Error: error })
    }
    if (to === 'Established') this.#peer('info', 'Peer Up', peerAddress, { State: fsmName(from) })
    if (from === 'Established') {
      this.#known.delete(peerAddress)
      this.#peer('info', 'Peer Down', peerAddress, { Reason: reason, State: fsmName(from) })
    }
    this.#peer('debug', 'state changed', peerAddress, { new: fsmName(to), old: fsmName(from), reason })
  }

  #sent({ peerAddress, announced, withdrawn }: SpeakerEvent & { readonly type: 'update-sent' }): void {
    const say = (attributes: string, nlri: string, withdrawals: string) =>
      this.#peer('debug', 'sent update', peerAddress, { State: fsmName('Established'), attributes, nlri, withdrawals })
    for (const { nextHop, nlri } of announced) say(announcedAttributes(this.#subject.localASN, nextHop), nlriText(nlri), '[]')
    if (withdrawn.length > 0) say('[]', '[]', nlriText(withdrawn))
  }

  #received(peerAddress: string, { attributes, nlri, withdrawn }: wire.UpdateMessage): void {
    const fields = { attributes: attributesText(attributes), nlri: nlriText(nlri), withdrawals: nlriText(withdrawn) }
    this.#peer('debug', 'received update', peerAddress, fields)
    const known = this.#known.get(peerAddress) ?? new Set()
    this.#known.set(peerAddress, known)
    for (const route of withdrawn) known.delete(formatPrefix(route))
    for (const route of nlri) {
      const prefix = formatPrefix(route)
      if (!known.has(prefix)) this.#log.logrus('debug', 'create Destination', { Nlri: prefix, Topic: 'Table' })
      known.add(prefix)
    }
  }

  /** R41: our own route may come back with our AS in its path. */
  #judged(peerAddress: string, prefixes: readonly string[]): void {
    for (const prefix of prefixes)
      for (const { from, whyNot } of this.#subject.routeTo(prefix).paths)
        if (from === peerAddress && whyNot !== undefined)
          this.#log.logrus('debug', 'path ignored', { Key: peerAddress, Nlri: prefix, Topic: 'Table', reason: whyNot })
  }

  #keepalive(peerAddress: string): void {
    // The first one answers the OPEN; GoBGP is silent about it.
    if (this.#states.get(peerAddress) !== 'Established') return
    this.#peer('debug', 'sent', peerAddress, { State: fsmName('Established'), data: KEEPALIVE })
  }

  #notification({ peerAddress, direction, code, subcode, detail }: SpeakerEvent & { readonly type: 'notification' }): void {
    const meaning = wire.describeNotification(code, subcode)
    const error = detail === '' ? meaning : `${meaning}: ${detail}`
    this.#peer('warning', `${direction} notification`, peerAddress, { Code: code, Subcode: subcode, Error: error })
  }

  #peer(level: 'debug' | 'info' | 'warning', message: string, peerAddress: string, fields: Readonly<Record<string, string | number>> = {}) {
    this.#log.logrus(level, message, { Key: peerAddress, Topic: 'Peer', ...fields })
  }
}

/** `BGP_FSM_ESTABLISHED` */
export function fsmName(state: SessionState): string {
  return `BGP_FSM_${(state === 'Connect' ? 'Active' : state).toUpperCase()}`
}
