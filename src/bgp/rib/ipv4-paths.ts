/**
 * IPv4 paths of one Adj-RIB-In, keyed (prefix, path identifier), in arrays of integers: eight of them a path, 8,192 paths a page, so that it
 * grows in pieces and gives the garbage collector nothing to look at. Prefixes come out in the order in which they came, and so do the paths of
 * a prefix.
 *
 *     address | length, and the round in which it was said | path identifier | attribute set
 *     next path of the prefix | of a prefix's first path: its last one, the prefix before, the prefix after; of another: -, the path before, -
 *
 * Paths are numbered from 1; 0 is none.
 */
import type { Ipv4 } from '../../net/index.ts'
import type { AttributeSets } from './attribute-sets.ts'
import type { ReceivedPath } from './attributes.ts'
import { PrefixIndex } from './prefix-index.ts'

const PAGE = 8192
const PAGE_BITS = 13

const ADDRESS = 0
const LENGTH = 1
const ID = 2
const SET = 3
const NEXT = 4
const LAST = 5
const BEFORE = 6
const AFTER = 7

/** The length's bits; above them, in the same integer, is the round. */
const LENGTH_BITS = 63
/** One round more. Where 2²⁶ of them pass and nobody sweeps, a path of the first counts as one of the last. */
const ROUND = 64
/** Paths of a prefix that are looked through one by one; beyond that by a table, so that no peer can make it slow. */
const CROWD = 32

export class Ipv4Paths {
  readonly #sets: AttributeSets
  #pages: Int32Array[] = []
  /** One for each prefix length that there is. */
  #indexes: (PrefixIndex | undefined)[] = []
  /** Path identifiers of prefixes with many paths, by the prefix's first path. */
  #crowds = new Map<number, Map<number, number>>()
  #used = 0
  #free = 0
  #first = 0
  #last = 0
  /** Another at each `markStale`: paths of those before are stale. */
  #round = 0
  #marked = false
  /** Paths, and prefixes with any. */
  count = 0
  size = 0

  constructor(sets: AttributeSets) {
    this.#sets = sets
  }

  /** `set`: a slot that the path takes over, one use of it. */
  set(address: Ipv4, length: number, pathId: number, set: number): void {
    let index = this.#indexes[length]
    if (index === undefined) {
      index = new PrefixIndex()
      this.#indexes[length] = index
    }
    const fresh = this.#free !== 0 ? this.#free : this.#used + 1
    const first = index.add(address, fresh)
    if (first === 0) {
      this.#write(fresh, address, length, pathId, set)
      this.#append(fresh)
      this.size++
      return
    }
    const known = this.#find(first, pathId)
    if (known !== 0) {
      const page = this.#pages[(known - 1) >> PAGE_BITS]!
      const at = ((known - 1) & (PAGE - 1)) << 3
      this.#sets.release(page[at + SET]!)
      page[at + SET] = set
      page[at + LENGTH] = length | this.#round
      return
    }
    this.#write(fresh, address, length, pathId, set)
    const last = this.#get(first, LAST)
    this.#put(last, NEXT, fresh)
    this.#put(fresh, BEFORE, last)
    this.#put(first, LAST, fresh)
    this.#crowds.get(first)?.set(pathId, fresh)
  }

  delete(address: Ipv4, length: number, pathId: number): boolean {
    const first = this.#indexes[length]?.get(address) ?? 0
    if (first === 0) return false
    const path = this.#find(first, pathId)
    if (path === 0) return false
    this.#remove(first, path)
    return true
  }

  /** In the order in which they came. */
  paths(address: Ipv4, length: number): ReceivedPath[] {
    const found: ReceivedPath[] = []
    for (let path = this.#indexes[length]?.get(address) ?? 0; path !== 0; path = this.#get(path, NEXT)) {
      const attributes = this.#sets.at(this.#get(path, SET))
      if (attributes !== undefined) found.push({ pathId: this.#get(path, ID) >>> 0, attributes })
    }
    return found
  }

  /** Calls `each` for every prefix, in the order in which they came. */
  eachPrefix(each: (address: Ipv4, length: number) => void): void {
    for (let first = this.#first; first !== 0; first = this.#get(first, AFTER)) {
      each(this.#get(first, ADDRESS), this.#get(first, LENGTH) & LENGTH_BITS)
    }
  }

  clear(): void {
    for (let first = this.#first; first !== 0; first = this.#get(first, AFTER)) {
      for (let path = first; path !== 0; path = this.#get(path, NEXT)) this.#sets.release(this.#get(path, SET))
    }
    this.#reset()
    this.#marked = false
  }

  /** What is there now is stale until it is set again. */
  markStale(): void {
    this.#marked = true
    this.#round = (this.#round + ROUND) | 0
  }

  /** Removes what is still stale; `each` is called once for every prefix that lost a path. */
  sweep(each: (address: Ipv4, length: number) => void): void {
    if (!this.#marked) return
    this.#marked = false
    for (let first = this.#first; first !== 0; ) {
      const after = this.#get(first, AFTER)
      const address = this.#get(first, ADDRESS)
      const length = this.#get(first, LENGTH) & LENGTH_BITS
      let swept = false
      for (let path = first; path !== 0; ) {
        const next = this.#get(path, NEXT)
        if ((this.#get(path, LENGTH) & ~LENGTH_BITS) !== this.#round) {
          this.#remove(this.#indexes[length]!.get(address), path)
          swept = true
        }
        path = next
      }
      if (swept) each(address, length)
      first = after
    }
  }

  /** A path of the prefix by its identifier; 0 for none. */
  #find(first: number, pathId: number): number {
    let path = first
    for (let looked = 0; looked < CROWD; looked++) {
      if (this.#get(path, ID) === pathId) return path
      path = this.#get(path, NEXT)
      if (path === 0) return 0
    }
    let crowd = this.#crowds.get(first)
    if (crowd === undefined) {
      crowd = new Map()
      for (let each = first; each !== 0; each = this.#get(each, NEXT)) crowd.set(this.#get(each, ID), each)
      this.#crowds.set(first, crowd)
    }
    return crowd.get(pathId) ?? 0
  }

  #write(path: number, address: Ipv4, length: number, pathId: number, set: number): void {
    if (path === this.#free) this.#free = this.#get(path, NEXT)
    else {
      if ((this.#used & (PAGE - 1)) === 0) this.#pages.push(new Int32Array(PAGE * 8))
      this.#used++
    }
    const page = this.#pages[(path - 1) >> PAGE_BITS]!
    const at = ((path - 1) & (PAGE - 1)) << 3
    page[at + ADDRESS] = address
    page[at + LENGTH] = length | this.#round
    page[at + ID] = pathId
    page[at + SET] = set
    page[at + NEXT] = 0
    page[at + LAST] = path
    page[at + BEFORE] = 0
    page[at + AFTER] = 0
    this.count++
  }

  /** A prefix's first path goes behind all others. */
  #append(first: number): void {
    if (this.#last === 0) this.#first = first
    else {
      this.#put(this.#last, AFTER, first)
      this.#put(first, BEFORE, this.#last)
    }
    this.#last = first
  }

  #remove(first: number, path: number): void {
    this.#crowds.get(first)?.delete(this.#get(path, ID))
    const next = this.#get(path, NEXT)
    if (path !== first) {
      const before = this.#get(path, BEFORE)
      this.#put(before, NEXT, next)
      if (next === 0) this.#put(first, LAST, before)
      else this.#put(next, BEFORE, before)
    } else if (next !== 0) this.#succeed(first, next)
    else this.#unlink(first)
    this.#sets.release(this.#get(path, SET))
    this.#put(path, NEXT, this.#free)
    this.#free = path
    this.count--
    // Nothing is kept of what it once was.
    if (this.count === 0) this.#reset()
  }

  /** The second path takes the first one's place. */
  #succeed(first: number, next: number): void {
    const before = this.#get(first, BEFORE)
    const after = this.#get(first, AFTER)
    this.#put(next, LAST, this.#get(first, LAST))
    this.#put(next, BEFORE, before)
    this.#put(next, AFTER, after)
    if (before === 0) this.#first = next
    else this.#put(before, AFTER, next)
    if (after === 0) this.#last = next
    else this.#put(after, BEFORE, next)
    this.#indexes[this.#get(first, LENGTH) & LENGTH_BITS]!.replace(this.#get(first, ADDRESS), next)
    const crowd = this.#crowds.get(first)
    if (crowd === undefined) return
    this.#crowds.delete(first)
    this.#crowds.set(next, crowd)
  }

  #unlink(first: number): void {
    const before = this.#get(first, BEFORE)
    const after = this.#get(first, AFTER)
    if (before === 0) this.#first = after
    else this.#put(before, AFTER, after)
    if (after === 0) this.#last = before
    else this.#put(after, BEFORE, before)
    this.#crowds.delete(first)
    this.#indexes[this.#get(first, LENGTH) & LENGTH_BITS]!.delete(this.#get(first, ADDRESS))
    this.size--
  }

  #reset(): void {
    this.#pages = []
    this.#indexes = []
    this.#crowds.clear()
    this.#used = this.#free = this.#first = this.#last = this.count = this.size = 0
  }

  #get(path: number, field: number): number {
    return this.#pages[(path - 1) >> PAGE_BITS]![(((path - 1) & (PAGE - 1)) << 3) + field]!
  }

  #put(path: number, field: number, value: number): void {
    this.#pages[(path - 1) >> PAGE_BITS]![(((path - 1) & (PAGE - 1)) << 3) + field] = value
  }
}
