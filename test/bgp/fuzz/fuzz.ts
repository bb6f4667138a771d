/**
 * The fuzzer: mutated messages through framer, decoder, FSM and Adj-RIB-In, as a session runs them. Whatever comes must end in a message
 * or in a NOTIFICATION that can be sent, which is checked; anything else throws, with the seed and the octets.
 */
import { type Fsm, type FsmConfig, type FsmEvent, IDLE, step } from '../../../src/bgp/fsm.ts'
import { describeEvent } from '../../../src/bgp/log.ts'
import { AdjRibIn } from '../../../src/bgp/rib/adj-rib-in.ts'
import {
  AttributeInterner,
  type CodecContext,
  decodeMessage,
  encodeMessage,
  explain,
  Framer,
  PLAIN,
  viewUpdate,
  type WireError,
} from '../../../src/bgp/wire/index.ts'
import { SECOND } from '../../../src/model/index.ts'
import { Chance, mutate } from './mutate.ts'

const CONTEXTS: readonly CodecContext[] = [
  PLAIN,
  { fourOctetAs: true, addPath: true, ipv6: { addPath: false } },
  { fourOctetAs: false, addPath: false, ipv6: { addPath: true } },
  { fourOctetAs: false, addPath: true },
]
const CONFIG: FsmConfig = {
  passive: true,
  restarts: true,
  firstConnectDelay: 0,
  connectRetry: 5 * SECOND,
  openHold: 240 * SECOND,
  idleHold: { initial: SECOND, cap: 8 * SECOND },
}
const UP: Fsm = { ...IDLE, state: 'Established', enabled: true, holdTime: 90 * SECOND, keepalive: 30 * SECOND }

export interface FuzzCounts {
  messages: number
  /** Sound, or survived with errors. */
  decoded: number
  survived: number
  /** Ended the session. */
  refused: number
  /** By `code/subcode`. */
  readonly notifications: Map<string, number>
}

export function newCounts(): FuzzCounts {
  return { messages: 0, decoded: 0, survived: 0, refused: 0, notifications: new Map() }
}

/** Runs `count` mutated messages from `seed`; sessions of a few hundred, so that tables grow and are cleared. */
export function fuzz(seed: number, count: number, counts: FuzzCounts): void {
  const chance = new Chance(seed)
  const context = CONTEXTS[seed % CONTEXTS.length]!
  let rib = newRib(false, context)
  let twin = newTwin(false, context)
  let framer = new Framer()
  for (let i = 0; i < count; i++) {
    const bytes = mutate(chance)
    try {
      if (!feed(bytes, framer, rib, twin, context, counts)) framer = new Framer()
    } catch (error) {
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
      throw new Error(`seed ${seed}, message ${i}: ${hex}`, { cause: error })
    }
    if (i % 500 === 499) {
      check(sameTables(rib, twin.rib), `seed ${seed}, message ${i}: the UPDATEs' views came to another table than the UPDATEs`)
      twin = newTwin(true, context)
      rib.sweep('ipv4')
      if ((rib.clear().length !== 0 && rib.size !== 0) || rib.attributeOctets !== 0)
        throw new Error(`seed ${seed}, message ${i}: routes are left in a cleared table`)
      rib = newRib(true, context)
    }
  }
}

/** False where the connection would have ended: the stream that follows is another one. */
function feed(bytes: Uint8Array, framer: Framer, rib: AdjRibIn, twin: Twin, context: CodecContext, counts: FuzzCounts): boolean {
  counts.messages++
  const { frames, error } = framer.push(bytes)
  for (const frame of frames) {
    const decoded = decodeMessage(frame, context)
    if (frame.type === 2) view(frame.bytes, decoded.ok ? undefined : decoded.error, twin, context)
    if (!decoded.ok) {
      refuse(decoded.error, frame.type === 1 ? 'BGPOpenMsgErr' : frame.type === 2 ? 'UpdateMsgErr' : 'BGPHeaderErr', counts)
      return false
    }
    counts.decoded++
    const { message } = decoded
    if (message.type !== 'update') continue
    if (message.errors.length > 0) counts.survived++
    for (const error of message.errors) check(explain(error) !== '', 'an error without words')
    if (counts.decoded % 64 === 0) describeEvent({ type: 'update-received', peerAddress: '10.8.0.10', update: message })
    rib.apply(message)
  }
  if (error) {
    refuse(error, 'BGPHeaderErr', counts)
    return false
  }
  // What is left waits for its rest: less than one message.
  check(framer.pending < 4096, 'more than a message is held back')
  return framer.pending === 0
}

/** What a session really does with an UPDATE: it looks at it where it lies. That must come to the same. */
interface Twin {
  readonly rib: AdjRibIn
  readonly interner: AttributeInterner
}

function newTwin(enforceFirstAs: boolean, context: CodecContext): Twin {
  return { rib: newRib(enforceFirstAs, context), interner: new AttributeInterner() }
}

function newRib(enforceFirstAs: boolean, { fourOctetAs }: CodecContext): AdjRibIn {
  const rib = new AdjRibIn({ localAsn: 65001, peerAsn: 65002, enforceFirstAs })
  rib.agree({ fourOctetAs, families: { ipv4: true } })
  return rib
}

function view(bytes: Uint8Array, error: WireError | undefined, { rib, interner }: Twin, context: CodecContext): void {
  const viewed = viewUpdate(bytes, context, interner)
  if (viewed.ok) rib.take(viewed.view)
  const said = viewed.ok ? undefined : JSON.stringify(viewed.error)
  check(said === (error && JSON.stringify(error)), `the UPDATE's view says ${said}, and the UPDATE ${JSON.stringify(error)}`)
}

function sameTables(a: AdjRibIn, b: AdjRibIn): boolean {
  const told = (rib: AdjRibIn) => JSON.stringify(Array.from(rib.keys, (key) => [key, rib.paths(key)]))
  return a.count('ipv4') === b.count('ipv4') && told(a) === told(b)
}

/** The error must end the session with a NOTIFICATION that fits into a message and says what it is. */
function refuse(error: WireError, type: Extract<FsmEvent, { readonly error: WireError }>['type'], counts: FuzzCounts): void {
  counts.refused++
  const { fsm, actions } = step(CONFIG, UP, { type, error })
  const said = actions.find((action) => action.type === 'send-notification')
  check(fsm.state === 'Idle' && said !== undefined, 'no NOTIFICATION')
  if (said?.type !== 'send-notification') return
  const name = `${said.code}/${said.subcode}`
  counts.notifications.set(name, (counts.notifications.get(name) ?? 0) + 1)
  check([1, 2, 3, 7].includes(said.code) && said.subcode >= 0 && said.subcode <= 11, `NOTIFICATION ${name}`)
  const bytes = encodeMessage({ type: 'notification', code: said.code, subcode: said.subcode, data: said.data }, PLAIN)
  check(bytes.length <= 4096, 'a NOTIFICATION that is too long')
  check(error.field !== undefined && explain(error).includes(error.detail), `no field: ${error.detail}`)
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
