import { Speaker, type SpeakerEvent } from '../../bgp/index.ts'
import type { World } from '../../world/index.ts'
import { Advertised } from './advertised.ts'
import type { SpeakerFactory } from './speaker.ts'

/** Speakers of this node; `changed` tells which session has something new to report, `heard` of everything. R3: none of them listens. */
export function openSpeaker(
  world: World,
  changed: (localAddress: string, peerAddress: string) => void,
  heard: (localAddress: string, event: SpeakerEvent) => void = () => {},
): SpeakerFactory {
  return ({ localAddress, localAsn, routerId, peers }) => {
    const advertised = new Advertised()
    const speaker = new Speaker(world, { localAddress, localAsn, routerId, peers }, (event) => {
      advertised.note(event)
      heard(localAddress, event)
      if (event.type === 'state' || event.type === 'update-sent') changed(localAddress, event.peerAddress)
    })
    return {
      setPeers: (next) => speaker.setPeers(next),
      announce: (routes) => speaker.announce(routes),
      sessions: () =>
        speaker.peers().map(({ peerAddress, state, reason }) => ({
          localAddress,
          peerAddress,
          state,
          advertised: advertised.to(peerAddress),
          ...(reason !== undefined && { reason }),
        })),
      stop: (done) => speaker.stop(done),
    }
  }
}
