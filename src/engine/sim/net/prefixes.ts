import { type Ipv4, maskOf, type Prefix } from '../../../net/index.ts'

/** A table by prefix with integer keys: one map for each length that occurs, asked from the longest on. */
export class PrefixTable<V> {
  readonly #maps: (Map<Ipv4, V> | undefined)[] = new Array(33).fill(undefined)
  /** Lengths that occur, the longest first, with their masks beside them. */
  #lengths: number[] = []
  #masks: Ipv4[] = []

  get({ address, length }: Prefix): V | undefined {
    return this.#maps[length]?.get(address)
  }

  set({ address, length }: Prefix, value: V): void {
    let map = this.#maps[length]
    if (map === undefined) {
      map = new Map()
      this.#maps[length] = map
      this.#keepLengths()
    }
    map.set(address, value)
  }

  delete({ address, length }: Prefix): boolean {
    const map = this.#maps[length]
    if (map === undefined || !map.delete(address)) return false
    if (map.size === 0) {
      this.#maps[length] = undefined
      this.#keepLengths()
    }
    return true
  }

  /** The value of the longest prefix that holds `address`. */
  lookup(address: Ipv4): V | undefined {
    for (let i = 0; i < this.#lengths.length; i++) {
      const found = this.#maps[this.#lengths[i]!]!.get(address & this.#masks[i]!)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The same among those that `accept` takes. */
  find(address: Ipv4, accept: (value: V, length: number) => boolean): V | undefined {
    for (let i = 0; i < this.#lengths.length; i++) {
      const length = this.#lengths[i]!
      const found = this.#maps[length]!.get(address & this.#masks[i]!)
      if (found !== undefined && accept(found, length)) return found
    }
    return undefined
  }

  *values(): Generator<V> {
    for (const length of this.#lengths) yield* this.#maps[length]!.values()
  }

  clear(): void {
    this.#maps.fill(undefined)
    this.#keepLengths()
  }

  #keepLengths(): void {
    this.#lengths = [...this.#maps.keys()].filter((length) => this.#maps[length] !== undefined).reverse()
    this.#masks = this.#lengths.map(maskOf)
  }
}
