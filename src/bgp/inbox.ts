/** The receiving half of one connection: a stream in, messages out, in the encoding that both ends agreed on. */
import {
  AttributeInterner,
  type CodecContext,
  decodeMessage,
  type Frame,
  type Framed,
  Framer,
  type Message,
  MessageType,
  PLAIN,
  type UpdateView,
  viewUpdate,
  type WireError,
} from './wire/index.ts'

/** What a frame holds; `event`: what an error in it is to the FSM (RFC 4271 §8.1.5). */
export type Received =
  | { readonly ok: true; readonly update: UpdateView }
  | { readonly ok: true; readonly update?: never; readonly message: Message }
  | { readonly ok: false; readonly event: 'BGPHeaderErr' | 'BGPOpenMsgErr' | 'UpdateMsgErr'; readonly error: WireError }

/**
 * Octets from which attribute sets are remembered. The interner bounds their number, not their size: four thousand of the longest are a
 * quarter of a gigabyte. All that it holds came in these octets, copied or as views of them.
 */
const REMEMBERED_OCTETS = 4 * 1024 * 1024

export class Inbox {
  readonly #framer: Framer
  #context: CodecContext = PLAIN
  #interner = new AttributeInterner()
  /** Came since the interner was new. */
  #octets = 0

  /** `maxSize`: see `Framer`. */
  constructor(maxSize?: number) {
    this.#framer = new Framer(maxSize)
  }

  /** The encoding of what follows. */
  agree(context: CodecContext): void {
    this.#context = context
    // What octets mean depends on it.
    this.#forget()
  }

  push(chunk: Uint8Array): Framed {
    if (this.#octets > REMEMBERED_OCTETS) this.#forget()
    this.#octets += chunk.length
    return this.#framer.push(chunk)
  }

  /** One frame at a time: an OPEN changes how the next one is read. */
  read(frame: Frame): Received {
    if (frame.type === MessageType.update) {
      const viewed = viewUpdate(frame.bytes, this.#context, this.#interner)
      return viewed.ok ? { ok: true, update: viewed.view } : { ok: false, event: 'UpdateMsgErr', error: viewed.error }
    }
    const decoded = decodeMessage(frame, this.#context)
    if (decoded.ok) return decoded
    return { ok: false, event: frame.type === MessageType.open ? 'BGPOpenMsgErr' : 'BGPHeaderErr', error: decoded.error }
  }

  #forget(): void {
    this.#interner = new AttributeInterner()
    this.#octets = 0
  }
}
