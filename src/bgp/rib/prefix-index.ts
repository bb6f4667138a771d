/**
 * From the addresses of one prefix length to numbers above 0: open addressing over signed 32-bit integers, in pieces.
 *
 * A table that is copied whole when it is full keeps everybody waiting for as long as that takes: a `Map` of a million entries 75 ms. Here a
 * full piece of 2,048 slots is split in two (extendible hashing: a directory by the hash's upper bits, and each piece knows how many of them
 * its entries share), which is done in microseconds.
 *
 * The hash is one to one, so that at most 2,048 addresses share 21 of its bits: however a peer chooses its addresses, the directory ends there (16 MB
 * for /32, half of it for /31, …), and no piece holds more than 1,536, through which a search or a removal may have to go.
 */

/** Slots of a piece before it is split rather than grown. */
const LARGEST = 2048
const SMALLEST = 8

class Piece {
  /** Address and number by turns; number 0 is an empty slot. */
  slots: Int32Array
  count = 0
  /** Upper bits of the hash that all its entries share. */
  depth: number

  constructor(size: number, depth: number) {
    this.slots = new Int32Array(size * 2)
    this.depth = depth
  }
}

export class PrefixIndex {
  #pieces: Piece[] = [new Piece(SMALLEST, 0)]
  #depth = 0

  /** The number of an address; 0 for none. */
  get(address: number): number {
    const hash = mix(address)
    const { slots } = this.#pieces[(hash >>> 1) >>> (31 - this.#depth)]!
    const mask = slots.length - 1
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const value = slots[at + 1]!
      if (value === 0 || slots[at] === address) return value
    }
  }

  /** The number that the address has; where it has none, it gets `value`, and 0 is answered. */
  add(address: number, value: number): number {
    const hash = mix(address)
    const piece = this.#pieces[(hash >>> 1) >>> (31 - this.#depth)]!
    const { slots } = piece
    const mask = slots.length - 1
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const known = slots[at + 1]!
      if (known === 0) {
        slots[at] = address
        slots[at + 1] = value
        // Three quarters of the slots, which are half of the numbers.
        if (++piece.count * 8 > slots.length * 3) this.#enlarge(piece, hash)
        return 0
      }
      if (slots[at] === address) return known
    }
  }

  /** Gives an address that has a number another. */
  replace(address: number, value: number): void {
    const hash = mix(address)
    const { slots } = this.#pieces[(hash >>> 1) >>> (31 - this.#depth)]!
    const mask = slots.length - 1
    let at = (hash << 1) & mask
    while (slots[at] !== address || slots[at + 1] === 0) at = (at + 2) & mask
    slots[at + 1] = value
  }

  /** Takes an address out that has a number. */
  delete(address: number): void {
    const hash = mix(address)
    const piece = this.#pieces[(hash >>> 1) >>> (31 - this.#depth)]!
    const { slots } = piece
    const mask = slots.length - 1
    let hole = (hash << 1) & mask
    while (slots[hole] !== address || slots[hole + 1] === 0) hole = (hole + 2) & mask
    piece.count--
    // Whoever was turned away by the hole's entry moves into it, so that no search ends too early.
    for (let at = (hole + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (mix(slots[at]!) << 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = slots[at]!
      slots[hole + 1] = slots[at + 1]!
      hole = at
    }
    slots[hole + 1] = 0
  }

  #enlarge(piece: Piece, hash: number): void {
    const old = piece.slots
    if (old.length < LARGEST * 2) {
      piece.slots = new Int32Array(old.length * 2)
      for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) place(piece.slots, old[at]!, old[at + 1]!)
      return
    }
    if (piece.depth === this.#depth) {
      const wider = new Array<Piece>(this.#pieces.length * 2)
      for (let i = 0; i < wider.length; i++) wider[i] = this.#pieces[i >> 1]!
      this.#pieces = wider
      this.#depth++
    }
    piece.depth++
    const other = new Piece(LARGEST, piece.depth)
    piece.slots = new Int32Array(LARGEST * 2)
    const bit = 1 << (32 - piece.depth)
    for (let at = 0; at < old.length; at += 2) {
      const value = old[at + 1]!
      if (value === 0) continue
      const address = old[at]!
      const moves = (mix(address) & bit) !== 0
      place(moves ? other.slots : piece.slots, address, value)
      if (moves) other.count++
    }
    piece.count -= other.count
    // The upper half of the directory's entries that led to the piece.
    const span = 1 << (this.#depth - piece.depth)
    const first = ((hash >>> 1) >>> (31 - this.#depth)) & ~(span * 2 - 1)
    for (let i = first + span; i < first + span * 2; i++) this.#pieces[i] = other
    // Those that it keeps, or that went, may be all of them.
    const full = piece.count > other.count ? piece : other
    if (full.count * 8 > LARGEST * 2 * 3) this.#enlarge(full, mix(firstIn(full.slots)))
  }
}

function place(slots: Int32Array, address: number, value: number): void {
  const mask = slots.length - 1
  let at = (mix(address) << 1) & mask
  while (slots[at + 1] !== 0) at = (at + 2) & mask
  slots[at] = address
  slots[at + 1] = value
}

function firstIn(slots: Int32Array): number {
  for (let at = 0; ; at += 2) if (slots[at + 1] !== 0) return slots[at]!
}

/** MurmurHash3's last step: every bit of the address moves every bit of the hash, and no two addresses have the same. */
function mix(address: number): number {
  let hash = address ^ (address >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
