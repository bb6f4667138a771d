import { describe, expect, it } from 'vitest'
import type { SpeakerEvent, wire } from '../../../src/bgp/index.ts'
import { Log } from '../../../src/cli/bgpadvertiser/log.ts'
import { Narrator } from '../../../src/cli/bgpadvertiser/narrate.ts'
import { ipv4, prefix } from '../../../src/net/index.ts'

const PEER = '21.0.101.80'

/** The lines that events come to, at the seconds that the document shows. */
function narrate(events: readonly (readonly [second: number, event: SpeakerEvent])[], reason?: string): string[] {
  const lines: string[] = []
  let now = 0
  const log = new Log({ write: (line) => lines.push(line), now: () => now * 1000, pid: 1, localIP: '21.0.101.64' })
  const narrator = new Narrator(log, {
    localASN: 4273481990,
    reasonOf: () => reason,
    routeTo: (text) => ({ device: '', prefix: text, paths: [{ ...REJECTED, from: PEER }] }),
  })
  for (const [second, event] of events) {
    now = second
    narrator.handle(event)
  }
  return lines
}

const REJECTED = { nextHop: '21.0.101.64', asPath: [], valid: false, best: false, multipath: false, whyNot: 'not used: AS loop' }
const state = (from: string, to: string, reason: string) => ({ type: 'state', peerAddress: PEER, from, to, reason }) as SpeakerEvent
const vip = { ...prefix('10.0.0.1/32'), pathId: 0 }

describe('R40: what happens, in the words of the document', () => {
  it('a session comes up, routes are exchanged, keepalives go out', () => {
    const attributes: wire.Attribute[] = [
      { type: 'origin', value: 'igp' },
      { type: 'as-path', segments: [{ kind: 'sequence', asns: [4273481989, 4273481990] }] },
      { type: 'next-hop', address: ipv4('21.0.101.64') },
    ]
    const told = narrate([
      [0, state('Idle', 'Active', 'idle-hold-timer-expired')],
      [5, state('Active', 'Connect', 'connect-retry-timer-expired')],
      [5, state('Connect', 'OpenSent', 'new-connection')],
      [5, state('OpenSent', 'OpenConfirm', 'open-msg-received')],
      [5, { type: 'keepalive-sent', peerAddress: PEER }],
      [5, state('OpenConfirm', 'Established', 'open-msg-negotiated')],
      [
        5,
        {
          type: 'update-sent',
          peerAddress: PEER,
          messages: 1,
          announced: [{ nextHop: ipv4('21.0.101.64'), nlri: [vip] }],
          withdrawn: [],
        },
      ],
      [6, { type: 'update-received', peerAddress: PEER, update: { type: 'update', attributes, nlri: [vip], withdrawn: [], errors: [] } }],
      [6, { type: 'routes-changed', peerAddress: PEER, prefixes: ['10.0.0.1/32'] }],
      [35, { type: 'keepalive-sent', peerAddress: PEER }],
    ])
    // The document's sample, but for the pointer's value, and for the line on R41.
    expect(told).toEqual([
      'DEBU[0000] IdleHoldTimer expired Duration=0 Key=21.0.101.80 Topic=Peer',
      'DEBU[0000] state changed Key=21.0.101.80 Topic=Peer new=BGP_FSM_ACTIVE old=BGP_FSM_IDLE reason=idle-hold-timer-expired',
      'DEBU[0005] try to connect Key=21.0.101.80 Topic=Peer',
      'DEBU[0005] state changed Key=21.0.101.80 Topic=Peer new=BGP_FSM_OPENSENT old=BGP_FSM_ACTIVE reason=new-connection',
      'DEBU[0005] state changed Key=21.0.101.80 Topic=Peer new=BGP_FSM_OPENCONFIRM old=BGP_FSM_OPENSENT reason=open-msg-received',
      'INFO[0005] Peer Up Key=21.0.101.80 State=BGP_FSM_OPENCONFIRM Topic=Peer',
      'DEBU[0005] state changed Key=21.0.101.80 Topic=Peer new=BGP_FSM_ESTABLISHED old=BGP_FSM_OPENCONFIRM reason=open-msg-negotiated',
      'DEBU[0005] sent update Key=21.0.101.80 State=BGP_FSM_ESTABLISHED Topic=Peer attributes="[{Origin: i} 4273481990 {Nexthop: 21.0.101.64}]" nlri="[10.0.0.1/32]" withdrawals="[]"',
      'DEBU[0006] received update Key=21.0.101.80 Topic=Peer attributes="[{Origin: i} 4273481989 4273481990 {Nexthop: 21.0.101.64}]" nlri="[10.0.0.1/32]" withdrawals="[]"',
      'DEBU[0006] create Destination Nlri=10.0.0.1/32 Topic=Table',
      'DEBU[0006] path ignored Key=21.0.101.80 Nlri=10.0.0.1/32 Topic=Table reason="not used: AS loop"',
      'DEBU[0035] sent Key=21.0.101.80 State=BGP_FSM_ESTABLISHED Topic=Peer data="&{{[] 19 4} 0x0}"',
    ])
  })

  it('a connection that fails says why, and how long Idle was', () => {
    const told = narrate(
      [
        [5, state('Active', 'Connect', 'connect-retry-timer-expired')],
        [5, state('Connect', 'Idle', 'connection-refused')],
        [7, state('Idle', 'Active', 'idle-hold-timer-expired')],
      ],
      '21.0.101.80:179 refuses connections',
    )
    expect(told).toEqual([
      'DEBU[0005] try to connect Key=21.0.101.80 Topic=Peer',
      'WARN[0005] failed to connect Error="21.0.101.80:179 refuses connections" Key=21.0.101.80 Topic=Peer',
      'DEBU[0005] state changed Key=21.0.101.80 Topic=Peer new=BGP_FSM_IDLE old=BGP_FSM_ACTIVE reason=connection-refused',
      'DEBU[0007] IdleHoldTimer expired Duration=2 Key=21.0.101.80 Topic=Peer',
      'DEBU[0007] state changed Key=21.0.101.80 Topic=Peer new=BGP_FSM_ACTIVE old=BGP_FSM_IDLE reason=idle-hold-timer-expired',
    ])
  })
})
