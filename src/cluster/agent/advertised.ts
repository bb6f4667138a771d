/** Which prefixes a peer has been sent, kept from what its session put on the wire; nothing once the session is down. */
import type { SpeakerEvent } from '../../bgp/index.ts'
import { formatPrefix } from '../../net/index.ts'

export class Advertised {
  /** Peer → prefix → path identifiers. */
  readonly #sent = new Map<string, Map<string, Set<number>>>()

  note(event: SpeakerEvent): void {
    if (event.type === 'state' && event.from === 'Established') this.#sent.delete(event.peerAddress)
    if (event.type !== 'update-sent') return
    const prefixes = this.#sent.get(event.peerAddress) ?? new Map<string, Set<number>>()
    this.#sent.set(event.peerAddress, prefixes)
    for (const nlri of event.withdrawn) {
      const prefix = formatPrefix(nlri)
      const paths = prefixes.get(prefix)
      paths?.delete(nlri.pathId)
      if (paths?.size === 0) prefixes.delete(prefix)
    }
    for (const { nlri } of event.announced) {
      for (const each of nlri) {
        const prefix = formatPrefix(each)
        prefixes.set(prefix, (prefixes.get(prefix) ?? new Set()).add(each.pathId))
      }
    }
  }

  /** Sorted. */
  to(peerAddress: string): string[] {
    return [...(this.#sent.get(peerAddress)?.keys() ?? [])].sort()
  }
}
