/** Rehearsals on nodes and clients, asked of the programs that run there (programs/rehearsal). */
import type { Rehearsal } from '../lab.ts'
import type { Fleet } from './fleet.ts'

export function createRehearsal(fleet: Fleet): Rehearsal {
  return {
    open: (node, session) => fleet.request(node, 'rehearse-open', session),
    announce: (node, peer, prefix) => fleet.request(node, 'rehearse-announce', { peer, ...(prefix !== undefined && { prefix }) }),
    outcome: (node, peer) => fleet.request(node, 'rehearse-outcome', { peer }),
    close: (node, peer) => fleet.request(node, 'rehearse-close', { peer }),
    look: (node, from, to) => fleet.request(node, 'rehearse-look', { from, to }),
    hold: async (node, vip) => void (await fleet.request(node, 'rehearse-hold', { vip })),
    arrived: (node, vip) => fleet.request(node, 'rehearse-arrived', { vip }),
    release: async (node, vip) => void (await fleet.request(node, 'rehearse-release', { vip })),
    send: (device, datagrams) => fleet.request(device, 'rehearse-send', datagrams),
  }
}
