/**
 * An UPDATE as a table takes it: checked in full, but its routes left where they lie and its attributes read once for all messages that
 * repeat them. What is not of this simple kind (routes inside attributes, errors that RFC 7606 survives) is read whole, as `decodeUpdate`
 * does, and errors that end the session are the same in both.
 */
import type { AttributeInterner, AttributeSet } from '../attribute/interned.ts'
import type { CodecContext } from '../context.ts'
import { type WireError, WireFault } from '../errors.ts'
import { HEADER_SIZE } from '../header.ts'
import { type NlriSpan, soundNlri } from '../nlri-cursor.ts'
import { decodeUpdate, type UpdateMessage } from './update.ts'

/** Routes and the one set of attributes that they share. */
export interface PlainUpdate {
  readonly withdrawn: NlriSpan
  readonly nlri: NlriSpan
  /** Present where there are NLRI. */
  readonly set: AttributeSet | undefined
}

export class UpdateView {
  readonly #bytes: Uint8Array
  readonly #context: CodecContext
  #message: UpdateMessage | undefined
  /** Absent: `message` has what a table needs. */
  readonly plain: PlainUpdate | undefined

  constructor(bytes: Uint8Array, context: CodecContext, content: PlainUpdate | UpdateMessage) {
    this.#bytes = bytes
    this.#context = context
    if ('type' in content) this.#message = content
    else this.plain = content
  }

  /** All of it as values; read when somebody looks. */
  get message(): UpdateMessage {
    this.#message ??= decodeUpdate(this.#bytes, this.#context)
    return this.#message
  }

  /** Neither withdrawn routes nor NLRI: an End-of-RIB marker, or one with its routes inside attributes. */
  get bare(): boolean {
    const { plain } = this
    if (plain === undefined) return this.message.nlri.length === 0 && this.message.withdrawn.length === 0
    return plain.set === undefined && plain.withdrawn.from === plain.withdrawn.end
  }
}

/** The view of one UPDATE, header included, or the NOTIFICATION that it deserves. */
export function viewUpdate(
  bytes: Uint8Array,
  context: CodecContext,
  interner: AttributeInterner,
): { readonly ok: true; readonly view: UpdateView } | { readonly ok: false; readonly error: WireError } {
  try {
    const content = plainUpdate(bytes, context, interner) ?? decodeUpdate(bytes, context)
    return { ok: true, view: new UpdateView(bytes, context, content) }
  } catch (error) {
    if (error instanceof WireFault) return { ok: false, error: error.error }
    throw error
  }
}

/** `undefined` for anything that is not sound and simple: then `decodeUpdate` says what it is. */
function plainUpdate(bytes: Uint8Array, context: CodecContext, interner: AttributeInterner): PlainUpdate | undefined {
  const { addPath } = context
  const end = bytes.length
  const withdrawnFrom = HEADER_SIZE + 2
  const withdrawnEnd = withdrawnFrom + ((bytes[HEADER_SIZE]! << 8) | bytes[HEADER_SIZE + 1]!)
  const attributesFrom = withdrawnEnd + 2
  if (attributesFrom > end || !soundNlri(bytes, withdrawnFrom, withdrawnEnd, addPath)) return undefined
  const attributesEnd = attributesFrom + ((bytes[withdrawnEnd]! << 8) | bytes[withdrawnEnd + 1]!)
  if (attributesEnd > end || !soundNlri(bytes, attributesEnd, end, addPath)) return undefined
  const announces = attributesEnd < end
  // Attributes without NLRI: routes may be inside them.
  if (!announces && attributesFrom < attributesEnd) return undefined
  const set = announces ? interner.read(bytes, attributesFrom, attributesEnd, context) : undefined
  if (announces && set === undefined) return undefined
  return {
    withdrawn: { bytes, from: withdrawnFrom, end: withdrawnEnd, addPath },
    nlri: { bytes, from: attributesEnd, end, addPath },
    set,
  }
}
