/**
 * What was last reported of each session. A session is reported again when it comes up or goes down, when it was set up anew, and when
 * what it negotiated or the reason of its state changes. Its wandering between Idle, Connect and Active while a peer is away is not:
 * a router does that every second, and no daemon tells every step.
 */
import type { LabEventBody, Micros, Session } from '../model/index.ts'

export class SessionMemory {
  readonly #device: string
  readonly #known = new Map<string, Session>()

  constructor(device: string) {
    this.#device = device
  }

  take(sessions: readonly Session[], at: Micros): LabEventBody[] {
    const events: LabEventBody[] = []
    const seen = new Set<string>()
    for (const session of sessions) {
      const key = identity(session)
      seen.add(key)
      const known = this.#known.get(key)
      if (known !== undefined && essence(known) === essence(session)) continue
      const dated = this.dated(session, at)
      this.#known.set(key, dated)
      events.push({ type: 'session', device: this.#device, session: dated })
    }
    for (const [key, session] of this.#known) {
      if (seen.has(key)) continue
      this.#known.delete(key)
      events.push({ type: 'session-removed', device: this.#device, localAddress: session.localAddress, peerAddress: session.peerAddress })
    }
    return events
  }

  /** The session with the moment at which its state was first seen. */
  dated(session: Session, at: Micros): Session {
    const known = this.#known.get(identity(session))
    const same = known !== undefined && isUp(known) === isUp(session) && known.establishedCount === session.establishedCount
    return { ...session, since: same ? (known.since ?? at) : at }
  }

  /** What the audit holds against us. */
  differences(sessions: readonly Session[]): string[] {
    const found: string[] = []
    const seen = new Set<string>()
    for (const session of sessions) {
      seen.add(identity(session))
      const known = this.#known.get(identity(session))
      const [before, now] = [known === undefined ? 'unknown' : essence(withoutCause(known)), essence(withoutCause(session))]
      if (before !== now) found.push(`session ${session.peerAddress}: ${before} → ${now}`)
    }
    for (const [key, session] of this.#known) if (!seen.has(key)) found.push(`session ${session.peerAddress}: gone`)
    return found
  }
}

/** While a session is down its reason changes with every attempt, of which no daemon tells. */
function withoutCause(session: Session): Session {
  if (isUp(session)) return session
  const { reason: _, ...rest } = session
  return rest
}

function identity(session: Session): string {
  return `${session.localAddress} ${session.peerAddress}`
}

function isUp(session: Session): boolean {
  return session.state === 'Established'
}

/** What makes a session worth reporting again. */
function essence(session: Session): string {
  if (!isUp(session)) return JSON.stringify(['down', session.establishedCount, session.reason])
  return JSON.stringify([
    'Established',
    session.establishedCount,
    session.addPath,
    session.holdTimeSeconds,
    session.peerAsn,
    session.reason,
  ])
}
