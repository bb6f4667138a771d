/** The peer's side of a session: what it is told, and asked. */
import type { SessionState } from '../model/index.ts'
import type { Negotiated } from './negotiation.ts'
import type { FamilyName } from './rib/adj-rib-in.ts'
import type { Session } from './session.ts'
import type { NotificationMessage, UpdateView } from './wire/index.ts'

/** What a session tells its owner. All but `transition` come from inside an event of the World. */
export interface SessionHooks {
  transition(session: Session, from: SessionState, to: SessionState, reason: string): void
  /** The peer's OPEN is sound; the owner may end this or another session here (§6.8). */
  opened(session: Session, negotiated: Negotiated): void
  established(session: Session, negotiated: Negotiated): void
  /** `graceful`: the connection went away without a word, as it does when the peer restarts (RFC 4724 §4.2). */
  released(session: Session, graceful: boolean): void
  update(session: Session, update: UpdateView): void
  /** A ROUTE-REFRESH of a family that was negotiated; begin and end only where RFC 7313 was. */
  refresh(session: Session, family: FamilyName, subtype: 'request' | 'begin' | 'end'): void
  /** RFC 4724 §4.1: our OPEN says that we were restarted. */
  readonly restarting: boolean
  /** There is room again after `send` answered false. */
  writable(session: Session): void
  keepaliveSent(session: Session): void
  notification(session: Session, direction: 'sent' | 'received', message: NotificationMessage, detail: string): void
}
