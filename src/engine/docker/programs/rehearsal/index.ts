/** The requests of a rehearsal (R34): a node's sessions, the VIP on it, datagrams. Every name begins with `rehearse-`. */

import type { World } from '../../../../world/index.ts'
import { createRealWorld } from '../../../../world/real/index.ts'
import { type RehearsedDatagrams, type RehearsedSession, rehearsalName } from '../../../lab.ts'
import { SessionRehearsal } from '../../../rehearsal-session.ts'
import type { Handlers, ProgramContext } from '../serve.ts'
import { look } from './look.ts'
import { sendDatagrams } from './send.ts'
import { HeldVip } from './vip.ts'

/** What nodes and clients both do. */
export const SENDER_HANDLERS: Handlers = {
  'rehearse-send': (args) => sendDatagrams(args as RehearsedDatagrams),
}

interface VipArgs {
  readonly vip: string
}

interface PeerArgs {
  readonly peer: string
}

export function rehearsalHandlers(context: ProgramContext, device: () => string): Handlers {
  let world: World | undefined
  const sessions = new Map<string, SessionRehearsal>()
  const held = new Map<string, HeldVip>()
  const session = (args: unknown): SessionRehearsal => {
    const { peer } = args as PeerArgs
    const found = sessions.get(peer)
    if (found === undefined) throw new Error(`no session with ${peer} is rehearsed here`)
    return found
  }
  return {
    ...SENDER_HANDLERS,
    'rehearse-open': (args) => {
      const request = args as RehearsedSession
      const { peerIP } = request
      if (sessions.has(peerIP)) throw new Error(`a session with ${peerIP} is rehearsed already`)
      world ??= createRealWorld({ name: device(), emit: context.record })
      const program = rehearsalName(peerIP)
      const rehearsal = new SessionRehearsal(world, request, (line) => context.emit({ type: 'output', device: device(), program, line }))
      sessions.set(peerIP, rehearsal)
      return new Promise((resolve) => rehearsal.settled(resolve))
    },
    'rehearse-announce': async (args) => {
      const rehearsal = session(args)
      const { prefix } = args as { readonly prefix?: string }
      const sent = await new Promise<boolean>((resolve) => rehearsal.announce(prefix, resolve))
      return { sent, outcome: rehearsal.outcome() }
    },
    'rehearse-outcome': (args) => session(args).outcome(),
    'rehearse-close': (args) => {
      const rehearsal = session(args)
      sessions.delete((args as PeerArgs).peer)
      return new Promise((resolve) => rehearsal.close(resolve))
    },
    'rehearse-look': (args) => {
      const { from, to } = args as { readonly from: string; readonly to: string }
      return look(from, to)
    },
    'rehearse-hold': async (args) => {
      const { vip } = args as VipArgs
      if (held.has(vip)) throw new Error(`${vip} is held already`)
      held.set(vip, await HeldVip.hold(vip))
    },
    'rehearse-arrived': (args) => held.get((args as VipArgs).vip)?.arrived ?? {},
    'rehearse-release': async (args) => {
      const { vip } = args as VipArgs
      await held.get(vip)?.release()
      held.delete(vip)
    },
  }
}
