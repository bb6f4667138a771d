/**
 * The tools of a node's agent, which somebody may move out of its way: conntrack(8), without which a kernel forgets no flow; and nft(8), in whose
 * place a script may stand that waits before it calls the real one.
 */
import { SECOND } from '../../../model/index.ts'
import type { Machine } from '../net/index.ts'
import { answer, type Command } from './index.ts'

const CONNTRACK = '/usr/sbin/conntrack'
const NFT = '/usr/sbin/nft'
const SLOW = /^#!\/bin\/sh\nsleep (\d+(?:\.\d+)?)\nexec \S+ "\$@"\n$/

/** `mv` of a tool, and `chmod 755` of what took its place. */
export function tools({ simulation, device, words, done }: Command): boolean {
  const [program, first, second] = words
  if (words.length !== 3 || first === undefined || second === undefined) return false
  if (program === 'mv' && [first, second].some((path) => path === CONNTRACK || path === NFT)) {
    const { byHand } = simulation.machine(device)
    if (first === CONNTRACK) byHand.forgetsFlows = false
    if (second === CONNTRACK) byHand.forgetsFlows = true
    // Whatever stood there is gone, and the tool itself is back.
    if (second === NFT) byHand.rulesDelay = 0
  } else if (program !== 'chmod' || second !== NFT) return false
  answer(simulation, done)
  return true
}

/** A script takes the place of nft(8). Throws for one that does more than wait and call it. */
export function copyTool(machine: Machine, path: string, text: string): void {
  if (path !== NFT) return
  const seconds = SLOW.exec(text)?.[1]
  if (seconds === undefined)
    throw new Error(`${machine.name}: ${path}: the simulator knows no such script; it needs real routers (--engine docker)`)
  machine.byHand.rulesDelay = Number(seconds) * SECOND
}
