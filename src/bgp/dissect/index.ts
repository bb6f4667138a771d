/**
 * dissect: a BGP message as a tree of named fields with the octets that each takes, for people and programs that look at captures.
 *
 *     dissect(bytes, assumed({ fourOctetAs: true, addPath: false })).fields      // Marker 0–16, Length 16–18, …
 *
 * It knows more attributes and families than the speaker has use for, but never judges on its own: whether a message is malformed, and
 * what is done about it, is asked of `wire`, the codec of the speaker. Refuses: streams and files (see capture), state, and output.
 * Imports net and wire.
 */
export { attributeName, flagsText } from './attribute/index.ts'
export type { DissectedRoute, Json } from './context.ts'
export type { Field, Value } from './field.ts'
export { formatIpv6, toHex } from './format.ts'
export { type Dissection, dissect, hintFor, looksExtended, looksLikeAddPath } from './message.ts'
export { familyName } from './names.ts'
export {
  type Assumptions,
  assumed,
  type DissectOptions,
  describeOptions,
  negotiatedOptions,
  type Offer,
  type OptionsUnder,
  undirectedOptions,
} from './options.ts'
export { type DissectedRibEntry, dissectRibEntry, readRoute } from './rib-entry.ts'
export { headerError, type Problem } from './verdict.ts'
