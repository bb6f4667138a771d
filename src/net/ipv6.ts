/**
 * An IPv6 address as its RFC 5952 text. That text is unique, so it compares, sorts into maps and prints as it is; bytes are made at the
 * edges only.
 */
export type Ipv6 = string

/** An IPv6 prefix; `address` has no bit set beyond `length` (0…128). */
export interface Prefix6 {
  readonly address: Ipv6
  readonly length: number
}

/** RFC 5952 §4: lower case, no leading zeros, `::` for the first longest run of two or more zero groups. `bytes` are 16. */
export function formatIpv6(bytes: Uint8Array): Ipv6 {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0))
  let bestAt = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && groups[i + run] === 0) run++
    if (run > bestLength) {
      bestAt = i
      bestLength = run
    }
    if (run > 0) i += run - 1
  }
  const hex = groups.map((group) => group.toString(16))
  if (bestAt < 0) return hex.join(':')
  return `${hex.slice(0, bestAt).join(':')}::${hex.slice(bestAt + bestLength).join(':')}`
}

const GROUP = /^[0-9a-f]{1,4}$/i

/** Reads any RFC 4291 §2.2 text, without a zone; the 16 octets, or `undefined`. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '')
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '') : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]))
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes('.')) {
      const octets = part.split('.').map((octet) => (/^(?:0|[1-9]\d{0,2})$/.test(octet) ? Number(octet) : 256))
      if (octets.length !== 4 || octets.some((octet) => octet > 255)) return undefined
      groups.push((octets[0]! << 8) | octets[1]!, (octets[2]! << 8) | octets[3]!)
    } else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** The octets of an address that is known to be well formed; throws on one that is not. */
export function ipv6Bytes(address: Ipv6): Uint8Array {
  const bytes = parseIpv6(address)
  if (bytes === undefined) throw new TypeError(`not an IPv6 address: ${JSON.stringify(address)}`)
  return bytes
}

/** Clears the bits beyond `length`, in place. */
export function maskIpv6(bytes: Uint8Array, length: number): Uint8Array {
  const whole = length >> 3
  if (whole < 16) {
    bytes[whole] = (bytes[whole] ?? 0) & (0xff00 >> (length & 7))
    bytes.fill(0, whole + 1)
  }
  return bytes
}

/** Reads `x::y/n` with zero host bits; `undefined` for anything else. */
export function parsePrefix6(text: string): Prefix6 | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const bytes = parseIpv6(text.slice(0, slash))
  const lengthText = text.slice(slash + 1)
  if (bytes === undefined || !/^(?:0|[1-9]\d{0,2})$/.test(lengthText)) return undefined
  const length = Number(lengthText)
  if (length > 128) return undefined
  const address = formatIpv6(bytes)
  return formatIpv6(maskIpv6(bytes, length)) === address ? { address, length } : undefined
}

export function formatPrefix6(prefix: Prefix6): string {
  return `${prefix.address}/${prefix.length}`
}
