import { type Ipv4, ipv4 } from '../../../net/index.ts'
import type { Interface } from './interface.ts'

/** The addresses that are local to a machine: packets for them go no further. */
export class LocalAddresses {
  readonly #loopbacks: readonly Ipv4[]
  readonly #interfaces: readonly Interface[]
  /** Put on `lo` by hand. */
  readonly onLoopback = new Set<Ipv4>()
  readonly #all = new Set<Ipv4>()
  #vipTexts: readonly string[] = []
  #vips: readonly Ipv4[] = []

  /** `loopbacks`: `a.b.c.d/32` each. */
  constructor(loopbacks: readonly string[], interfaces: readonly Interface[]) {
    this.#loopbacks = loopbacks.map((text) => ipv4(text.split('/')[0]!))
    this.#interfaces = interfaces
  }

  get firstLoopback(): Ipv4 | undefined {
    return this.#loopbacks[0]
  }

  has(address: Ipv4): boolean {
    return this.#all.has(address) || address >>> 24 === 127
  }

  /** Replaces the addresses that are local without being answered for on any link; answers whether they are others. */
  setVips(vips: readonly string[]): boolean {
    if (vips.length === this.#vipTexts.length && vips.every((vip, index) => vip === this.#vipTexts[index])) return false
    this.#vipTexts = vips
    this.#vips = vips.map((vip) => ipv4(vip))
    this.refresh()
    return true
  }

  /** An interface has come or gone, or what was added to one. */
  refresh(): void {
    this.#all.clear()
    for (const address of this.#loopbacks) this.#all.add(address)
    for (const address of this.onLoopback) this.#all.add(address)
    for (const each of this.#interfaces) {
      if (!each.present) continue
      for (const { address } of each.own) this.#all.add(address)
      for (const address of each.added) this.#all.add(address)
      // A backup has the virtual address as well, on a device that is held down.
      for (const { address } of each.virtual) this.#all.add(address)
    }
    for (const vip of this.#vips) this.#all.add(vip)
  }

  /** The machine lost power. */
  clear(): void {
    this.#all.clear()
    this.onLoopback.clear()
    this.#vipTexts = []
    this.#vips = []
  }
}
