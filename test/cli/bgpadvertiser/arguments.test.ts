import { describe, expect, it } from 'vitest'
import { readArguments } from '../../../src/cli/bgpadvertiser/arguments.ts'

const run = (config: string, advertiseIp: string, more = {}) => ({
  kind: 'run',
  options: { config, advertiseIp, healthPort: 8080, port: 179, ...more },
})

describe('R38: the command line', () => {
  it.each([
    [['--config', '/tmp/b.conf', '--advertise-ip', '10.0.0.1'], run('/tmp/b.conf', '10.0.0.1')],
    [['--config=/tmp/b.conf', '--advertise-ip=10.0.0.1'], run('/tmp/b.conf', '10.0.0.1')],
    [['-config', '/tmp/b.conf', '-advertise-ip=10.0.0.1'], run('/tmp/b.conf', '10.0.0.1')],
    [['--config', 'b', '--advertise-ip', '10.0.0.1', '--health-port', '8081'], run('b', '10.0.0.1', { healthPort: 8081 })],
    [['--nonsense', '--help'], { kind: 'help' }],
    [['-h'], { kind: 'help' }],
  ])('%j', (argv, read) => {
    expect(readArguments(argv)).toEqual(read)
  })

  it.each([
    [[], ['--config is missing: the file with localIP, localASN and peers', '--advertise-ip is missing: the address to announce']],
    [
      ['--config', 'b', '--advertise', '10.0.0.1'],
      [/^unknown option --advertise; did you mean --advertise-ip\?/, /^"10\.0\.0\.1" belongs/, /missing/],
    ],
    [
      ['--config', '--advertise-ip', '10.0.0.1'],
      [/belongs to no option/, /^--config needs a value/, /missing/],
    ],
    [['--config', 'b', '--advertise-ip', '10.0.0.1/32'], [/write it without the prefix length: 10\.0\.0\.1$/]],
    [['--config', 'b', '--advertise-ip', '2001:db8::1'], [/only IPv4 is supported \(R7\)$/]],
    [['--config', 'b', '--advertise-ip', '10.0.0.256'], [/this is no IPv4 address$/]],
    [['--config', 'b', '--advertise-ip', '255.255.255.255'], [/no host’s address$/]],
    [['--config', 'b', '--advertise-ip', '10.0.0.1', '--health-port', '0'], [/write a port from 1 to 65535$/]],
    [['--config', 'b', '--config', 'c', '--advertise-ip', '10.0.0.1'], [/given twice/]],
  ])('%j is wrong', (argv, said) => {
    expect(readArguments(argv)).toEqual({
      kind: 'wrong',
      problems: said.map((each) => (typeof each === 'string' ? each : expect.stringMatching(each))),
    })
  })
})
