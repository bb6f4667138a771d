/** IPv6 paths of one Adj-RIB-In, keyed (prefix, path identifier), the prefix by its text. */
import type { AttributeSets } from './attribute-sets.ts'
import type { ReceivedPath } from './attributes.ts'

interface HeldPath {
  /** Of the attribute set. */
  readonly slot: number
  /** In which it was said. */
  readonly round: number
}

export class Ipv6Paths {
  readonly #sets: AttributeSets
  readonly #routes = new Map<string, Map<number, HeldPath>>()
  /** Another at each `markStale`: paths of those before are stale. */
  #round = 0
  #marked = false
  /** Paths, not prefixes. */
  count = 0

  constructor(sets: AttributeSets) {
    this.#sets = sets
  }

  /** Prefixes with any path. */
  get size(): number {
    return this.#routes.size
  }

  get keys(): Iterable<string> {
    return this.#routes.keys()
  }

  /** In the order in which they came. */
  paths(key: string): ReceivedPath[] {
    const found: ReceivedPath[] = []
    for (const [pathId, { slot }] of this.#routes.get(key) ?? []) {
      const attributes = this.#sets.at(slot)
      if (attributes !== undefined) found.push({ pathId, attributes })
    }
    return found
  }

  /** `slot`: one use of it is the path's from here on. */
  set(key: string, pathId: number, slot: number): void {
    let paths = this.#routes.get(key)
    if (paths === undefined) {
      paths = new Map()
      this.#routes.set(key, paths)
    }
    const known = paths.get(pathId)
    if (known === undefined) this.count++
    else this.#sets.release(known.slot)
    paths.set(pathId, { slot, round: this.#round })
  }

  delete(key: string, pathId: number): boolean {
    const paths = this.#routes.get(key)
    const path = paths?.get(pathId)
    if (paths === undefined || path === undefined) return false
    paths.delete(pathId)
    this.#sets.release(path.slot)
    this.count--
    if (paths.size === 0) this.#routes.delete(key)
    return true
  }

  clear(): string[] {
    const keys = [...this.#routes.keys()]
    for (const paths of this.#routes.values()) for (const { slot } of paths.values()) this.#sets.release(slot)
    this.#routes.clear()
    this.#marked = false
    this.count = 0
    return keys
  }

  /** What is there now is stale until it is set again. */
  markStale(): void {
    this.#marked = true
    this.#round++
  }

  /** Removes what is still stale; answers the prefixes that lost a path. */
  sweep(): string[] {
    if (!this.#marked) return []
    this.#marked = false
    const swept: string[] = []
    for (const [key, paths] of this.#routes) {
      let lost = false
      for (const [pathId, { round }] of paths) if (round !== this.#round) lost = this.delete(key, pathId)
      if (lost) swept.push(key)
    }
    return swept
  }
}
