import type { Session } from '../src/model/index.ts'

/** A floating IP's session as tor1 sees it. */
export function establishedSession(more: Partial<Session> = {}): Session {
  return {
    device: 'tor1',
    localAddress: '10.8.0.10',
    peerAddress: '10.0.1.100',
    localAsn: 65002,
    peerAsn: 65001,
    state: 'Established',
    establishedCount: 1,
    addPath: { receive: true, send: false },
    ...more,
  }
}
