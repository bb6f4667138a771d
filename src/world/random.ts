import { stableHash } from '../net/index.ts'
import type { Random } from './ports.ts'

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded by text: a stream of its own for every (seed, name), so that a device that draws more
 * numbers does not change what another one draws.
 */
export function seededRandom(seed: string): Random {
  let a = stableHash(`${seed}/a`) | 0
  let b = stableHash(`${seed}/b`) | 0
  let c = stableHash(`${seed}/c`) | 0
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x1_0000_0000
  }
  // The state is mixed only after some rounds; the reference implementation drops 15.
  for (let i = 0; i < 15; i++) next()
  return { next }
}
