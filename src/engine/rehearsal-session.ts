/** One session of a rehearsal (R34): a speaker of the node's own with one peer, which remembers how its attempts ended. */
import { describeEvent, Speaker, type SpeakerEvent } from '../bgp/index.ts'
import type { SessionNotification, SessionOutcome } from '../cluster/preflight/index.ts'
import type { Micros } from '../model/index.ts'
import type { Timer, World } from '../world/index.ts'
import type { RehearsedSession } from './lab.ts'

/** After the first refusal another one may still be luck: a daemon that has just started. */
const REFUSALS = 2
/** RFC 4271 §6.2: the OPEN is wrong, and will be at every attempt. */
const OPEN_ERROR = 2

export class SessionRehearsal {
  readonly #world: World
  readonly #session: RehearsedSession
  readonly #speaker: Speaker
  readonly #began: Micros
  readonly #failures = new Map<string, number>()
  readonly #notifications: SessionNotification[] = []
  readonly #patience: Timer
  #upAfter: Micros | undefined
  #settled: (() => void) | undefined
  #sent: ((sent: boolean) => void) | undefined

  constructor(world: World, session: RehearsedSession, line: (text: string) => void) {
    this.#world = world
    this.#session = session
    this.#began = world.clock.now()
    this.#patience = world.clock.timer(`rehearsal ${session.peerIP}`, () => this.#settle())
    const { localIP, localASN, peerIP, peerASN, holdTimeSeconds, keepaliveSeconds, connectRetrySeconds } = session
    const peer = { peerAddress: peerIP, peerAsn: peerASN, holdTimeSeconds, keepaliveSeconds, connectRetrySeconds }
    this.#speaker = new Speaker(world, { localAddress: localIP, localAsn: localASN, peers: [peer] }, (event) => {
      line(describeEvent(event))
      this.#heard(event)
    })
  }

  /** `done` once it is up, has failed for good, or is out of patience. */
  settled(done: (outcome: SessionOutcome) => void): void {
    this.#settled = () => done(this.outcome())
    this.#patience.start(this.#session.within)
    this.#look()
  }

  outcome(): SessionOutcome {
    const [status] = this.#speaker.peers()
    return {
      state: status?.state ?? 'Idle',
      ...(this.#upAfter !== undefined && { upAfter: this.#upAfter }),
      failures: [...this.#failures].map(([reason, count]) => ({ reason, count })),
      notifications: [...this.#notifications],
      ...(status?.reason !== undefined && { reason: status.reason }),
    }
  }

  /** Announces the prefix, or withdraws what was announced; `done` once the UPDATE is sent, or cannot be. */
  announce(prefix: string | undefined, done: (sent: boolean) => void): void {
    const [status] = this.#speaker.peers()
    if (status?.state !== 'Established' || (prefix === undefined && status.prefixesSent === 0)) {
      done(status?.state === 'Established')
      return
    }
    this.#sent = done
    const { localIP } = this.#session
    this.#speaker.announce(prefix === undefined ? [] : [{ prefix, nextHops: [localIP], singleNextHop: localIP }])
  }

  /** Cease, FIN; `done` with how it stood before. */
  close(done: (outcome: SessionOutcome) => void): void {
    const outcome = this.outcome()
    this.#settle()
    this.#speaker.stop(() => done(outcome))
  }

  #heard(event: SpeakerEvent): void {
    switch (event.type) {
      case 'state':
        if (event.to === 'Established') this.#upAfter ??= this.#world.clock.now() - this.#began
        if (event.to === 'Idle' || (event.to === 'Active' && event.from !== 'Idle'))
          this.#failures.set(event.reason, (this.#failures.get(event.reason) ?? 0) + 1)
        if (event.from === 'Established') this.#tellSent(false)
        break
      case 'notification': {
        const { direction, code, subcode, detail } = event
        this.#notifications.push({ direction, code, subcode, detail })
        break
      }
      case 'update-sent':
        this.#tellSent(true)
        break
      default:
        return
    }
    this.#look()
  }

  #look(): void {
    const refusals = this.#failures.get('connection-refused') ?? 0
    const forGood = refusals >= REFUSALS || this.#notifications.some((each) => each.code === OPEN_ERROR)
    if (this.#upAfter !== undefined || forGood || this.#failures.has('address-not-local')) this.#settle()
  }

  #settle(): void {
    this.#patience.stop()
    const settled = this.#settled
    this.#settled = undefined
    settled?.()
  }

  #tellSent(sent: boolean): void {
    const tell = this.#sent
    this.#sent = undefined
    tell?.(sent)
  }
}
