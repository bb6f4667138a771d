import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { glogLine, logrusLine, zapLine } from '../../../src/cli/bgpadvertiser/lines.ts'

/** Lines of the document's sample output, word for word (R40). */
describe('the three formats of the log', () => {
  beforeEach(() => void vi.stubEnv('TZ', 'UTC'))
  afterEach(() => void vi.unstubAllEnvs())

  it('zap: JSON, seconds since the epoch', () => {
    expect(zapLine(1646788815562.3345, 'info', 'Peer added.', { localIP: '21.0.101.64', peer: '21.0.101.80/4273481989' })).toBe(
      '{"level":"info","ts":1646788815.5623345,"logger":"BGPSpeaker","msg":"Peer added.","localIP":"21.0.101.64","peer":"21.0.101.80/4273481989"}',
    )
  })

  it('glog: month, day, time of day in microseconds, process, place', () => {
    expect(glogLine(1646788815563.503, 1320826, 'peer', 'Peer applied: {4273481989 21.0.101.80}')).toBe(
      'I0309 01:20:15.563503 1320826 main.go:187] Peer applied: {4273481989 21.0.101.80}',
    )
    expect(glogLine(1646788815000, 7, 'started', 'BGP advertiser started.')).toBe(
      'I0309 01:20:15.000000       7 main.go:154] BGP advertiser started.',
    )
  })

  it.each([
    [
      0.9,
      'info',
      'Add a peer configuration for:21.0.101.80',
      { Topic: 'Peer' },
      'INFO[0000] Add a peer configuration for:21.0.101.80 Topic=Peer',
    ],
    [
      0,
      'debug',
      'state changed',
      { Topic: 'Peer', Key: '21.0.101.80', reason: 'idle-hold-timer-expired', old: 'BGP_FSM_IDLE', new: 'BGP_FSM_ACTIVE' },
      'DEBU[0000] state changed Key=21.0.101.80 Topic=Peer new=BGP_FSM_ACTIVE old=BGP_FSM_IDLE reason=idle-hold-timer-expired',
    ],
    [
      35.2,
      'debug',
      'sent',
      { Key: '21.0.101.80', Topic: 'Peer', State: 'BGP_FSM_ESTABLISHED', data: '&{{[] 19 4} 0x166e528}' },
      'DEBU[0035] sent Key=21.0.101.80 State=BGP_FSM_ESTABLISHED Topic=Peer data="&{{[] 19 4} 0x166e528}"',
    ],
    [12345, 'warning', 'x', { a: 'say "no"\n' }, 'WARN[12345] x a="say \\"no\\"\\n"'],
  ] as const)('logrus: %s %s %s', (seconds, level, message, fields, line) => {
    expect(logrusLine(seconds, level, message, fields)).toBe(line)
  })
})
