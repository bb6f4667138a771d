/** What was decoded of one item, for both ways of printing it. */
import type { GapItem, Item, MessageItem, RecordItem, RouteItem } from '../../bgp/capture/index.ts'
import {
  type DissectedRibEntry,
  type Dissection,
  dissect,
  dissectRibEntry,
  hintFor,
  looksExtended,
  looksLikeAddPath,
} from '../../bgp/dissect/index.ts'

export type Told =
  | { readonly kind: 'message'; readonly item: MessageItem; readonly dissection: Dissection; readonly hint?: string }
  | { readonly kind: 'route'; readonly item: RouteItem; readonly entry: DissectedRibEntry }
  | { readonly kind: 'record'; readonly item: RecordItem }
  | { readonly kind: 'gap'; readonly item: GapItem }

export function tell(item: Item): Told {
  switch (item.kind) {
    case 'message': {
      const dissection = dissect(item.bytes, item.options, item.missing === 0)
      const hint = item.optionsKnown ? undefined : hintOf(item, dissection)
      return { kind: 'message', item, dissection, ...(hint !== undefined && { hint }) }
    }
    case 'route':
      return { kind: 'route', item, entry: dissectRibEntry(item.bytes, item.at, item.end, item.family, item.fourOctetAs) }
    case 'record':
      return { kind: 'record', item }
    case 'gap':
      return { kind: 'gap', item }
  }
}

/** Something was wrong with it, or not all of it was there. What is of another protocol is neither. */
export function isFaulty(told: Told): boolean {
  switch (told.kind) {
    case 'message':
      return told.dissection.problems.length > 0 || told.item.missing > 0
    case 'route':
      return told.entry.problems.length > 0
    case 'record':
      return false
    case 'gap':
      return told.item.reason !== 'unsupported'
  }
}

/** What a reader may want to try where no OPEN told the options. */
function hintOf(item: MessageItem, dissection: Dissection): string | undefined {
  if (item.missing > 0) return undefined
  if (looksExtended(item.bytes, item.options, item.optionsUnder)) return 'with --extended-messages it may be longer than 4096 octets'
  if (dissection.problems.length > 0) {
    const way = hintFor(item.bytes, item.options, item.optionsUnder)
    return way === undefined ? undefined : `read with ${way} it would be sound`
  }
  if (!looksLikeAddPath(dissection, item.bytes, item.optionsUnder)) return undefined
  return 'it has default routes more than once: with --add-path they may turn out to be path identifiers'
}
