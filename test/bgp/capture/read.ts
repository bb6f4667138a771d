import { type Item, readerFor } from '../../../src/bgp/capture/index.ts'
import { dissect } from '../../../src/bgp/dissect/index.ts'

/** All items of a file that comes in pieces of `piece` octets. */
export function read(
  format: Parameters<typeof readerFor>[0],
  bytes: Uint8Array | string,
  { piece = 7919, asn2 = false, addPath = false, extendedMessages = false } = {},
): Item[] {
  const octets = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  const reader = readerFor(format, { fourOctetAs: !asn2, addPath, extendedMessages })
  const items: Item[] = []
  for (let at = 0; at < octets.length; at += piece) items.push(...reader.push(octets.subarray(at, at + piece)))
  return [...items, ...reader.end()]
}

/** `UPDATE announces 10.0.1.0/24`, `missing`: what a file comes to, in short; what is malformed with its code and subcode. */
export function told(items: readonly Item[]): string[] {
  return items.map((item) => {
    if (item.kind === 'gap') return item.reason
    if (item.kind === 'record') return `${item.type} ${item.text}`
    if (item.kind === 'route') return `RIB ${item.prefix}${item.pathId === undefined ? '' : ` path ${item.pathId}`}`
    const { type, problems, update } = dissect(item.bytes, item.options, item.missing === 0)
    const routes =
      update?.announced.map(({ prefix, pathId }) => ` ${prefix}${pathId === undefined ? '' : ` path ${pathId}`}`).join('') ?? ''
    const wrong = problems.map(({ code, subcode }) => ` ${code}/${subcode}`).join('')
    return `${type}${routes}${wrong}${item.missing > 0 ? ` without ${item.missing} octets` : ''}`
  })
}
