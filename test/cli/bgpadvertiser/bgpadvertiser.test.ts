import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bundleStandalone } from '../../../src/engine/docker/images/standalone.ts'
import { Folder, freePort, Peer, Program } from './process.ts'

/** R38–R43 on this machine's loopback addresses, with real processes and sockets. */
const LOCAL = '127.0.0.64'
const VIP = '10.0.0.1'
const folder = new Folder()
const running: (Program | Peer)[] = []

afterEach(async () => {
  for (const each of running.splice(0)) {
    if (each instanceof Peer) each.end()
    else {
      each.child.kill('SIGKILL')
      await each.ended
    }
  }
})
afterAll(() => folder.remove())

const configOf = (peers: readonly (readonly [string, number])[], localIP = LOCAL) =>
  `localIP: ${localIP}\nlocalASN: 4273481990\npeers:\n${peers.map(([ip, asn]) => `- peerIP: ${ip}\n  peerASN: ${asn}\n`).join('')}`

function start(args: readonly string[], main?: readonly string[]): Program {
  const program = new Program(args, main)
  running.push(program)
  return program
}

function peer(address: string, asn: number, holdTimeSeconds?: number): Peer {
  const made = new Peer(address, asn, { address: LOCAL, asn: 4273481990, ...(holdTimeSeconds && { holdTimeSeconds }) })
  running.push(made)
  return made
}

async function health(port: number): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}/`)
  return { status: response.status, body: await response.json() }
}

describe('bgpadvertiser', () => {
  it('R40: sets the session up, announces the VIP, keeps it alive, answers 200, and ends with a withdrawal and a Cease on Ctrl-C', async () => {
    const other = peer('127.0.0.80', 4273481989, 3)
    const healthPort = await freePort()
    const config = folder.write('one.conf', configOf([['127.0.0.80', 4273481989]]))
    const program = start([
      ...['--config', config, '--advertise-ip', VIP],
      ...['--health-port', String(healthPort), '--port', String(await other.port())],
    ])
    await program.says(/^DEBU\[\d+\] sent update /)
    await other.until((event) => event.type === 'update-received')
    expect(other.speaker.routeTo(`${VIP}/32`).paths).toMatchObject([{ nextHop: LOCAL, asPath: [4273481990], valid: true }])
    expect(await health(healthPort)).toMatchObject({
      status: 200,
      body: {
        healthy: true,
        localIP: LOCAL,
        route: `${VIP}/32`,
        sessions: [{ peerIP: '127.0.0.80', state: 'Established', established: 1, holdTimeSeconds: 3, advertisedRoutes: [`${VIP}/32`] }],
      },
    })
    await program.says(/^DEBU\[000\d\] sent Key=127\.0\.0\.80 State=BGP_FSM_ESTABLISHED Topic=Peer data="&\{\{\[\] 19 4\} 0x0\}"$/)

    program.child.kill('SIGINT')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(program.stderr).toBe('')
    await other.until((event) => event.type === 'notification')
    const last = other.events.filter((event) => event.type === 'update-received' || event.type === 'notification')
    expect(last.slice(-2)).toMatchObject([
      { type: 'update-received', update: { withdrawn: [expect.anything()], nlri: [] } },
      { type: 'notification', direction: 'received', code: 6, subcode: 2 },
    ])
    expect(other.speaker.routeTo(`${VIP}/32`).paths).toEqual([])
    expect(program.lines.map(masked)).toEqual([
      '{"level":"info","ts":TS,"logger":"BGPSpeaker","msg":"GoBGP gRPC debug endpoint disabled","localIP":"LOCAL"}',
      '{"level":"info","ts":TS,"logger":"BGPSpeaker","msg":"Started.","localIP":"LOCAL"}',
      'IDATE PID main.go:154] BGP advertiser started.',
      `IDATE PID main.go:170] Health status HTTP server started at "127.0.0.1:${healthPort}".`,
      'INFO[T] Add a peer configuration for:PEER Topic=Peer',
      '{"level":"info","ts":TS,"logger":"BGPSpeaker","msg":"Peer added.","localIP":"LOCAL","peer":"PEER/4273481989"}',
      'IDATE PID main.go:187] Peer applied: {4273481989 PEER}',
      'DEBU[T] create Destination Nlri=10.0.0.1/32 Topic=Table',
      '{"level":"info","ts":TS,"logger":"BGPSpeaker","msg":"Route added.","localIP":"LOCAL","route":{"ID":0,"Metric":0,"NextHop":"LOCAL","Prefix":"10.0.0.1/32","VRF":""}}',
      'IDATE PID main.go:199] Route added: {0 0 LOCAL 10.0.0.1/32 }',
      'IDATE PID main.go:201] BGP advertiser serving...',
      'DEBU[T] IdleHoldTimer expired Duration=0 Key=PEER Topic=Peer',
      'DEBU[T] state changed Key=PEER Topic=Peer new=BGP_FSM_ACTIVE old=BGP_FSM_IDLE reason=idle-hold-timer-expired',
      'DEBU[T] try to connect Key=PEER Topic=Peer',
      'DEBU[T] state changed Key=PEER Topic=Peer new=BGP_FSM_OPENSENT old=BGP_FSM_ACTIVE reason=new-connection',
      'DEBU[T] state changed Key=PEER Topic=Peer new=BGP_FSM_OPENCONFIRM old=BGP_FSM_OPENSENT reason=open-msg-received',
      'INFO[T] Peer Up Key=PEER State=BGP_FSM_OPENCONFIRM Topic=Peer',
      'DEBU[T] state changed Key=PEER Topic=Peer new=BGP_FSM_ESTABLISHED old=BGP_FSM_OPENCONFIRM reason=open-msg-negotiated',
      'DEBU[T] sent update Key=PEER State=BGP_FSM_ESTABLISHED Topic=Peer attributes="[{Origin: i} 4273481990 {Nexthop: LOCAL}]" nlri="[10.0.0.1/32]" withdrawals="[]"',
      ...program.lines.filter((line) => / sent Key=/.test(line)).map(masked),
      '{"level":"info","ts":TS,"logger":"BGPSpeaker","msg":"Stopping.","localIP":"LOCAL","signal":"SIGINT"}',
      'DEBU[T] sent update Key=PEER State=BGP_FSM_ESTABLISHED Topic=Peer attributes="[]" nlri="[]" withdrawals="[10.0.0.1/32]"',
      '{"level":"info","ts":TS,"logger":"BGPSpeaker","msg":"Route deleted.","localIP":"LOCAL","route":{"ID":0,"Metric":0,"NextHop":"LOCAL","Prefix":"10.0.0.1/32","VRF":""}}',
      'INFO[T] Peer Down Key=PEER Reason=admin-down State=BGP_FSM_ESTABLISHED Topic=Peer',
      'DEBU[T] state changed Key=PEER Topic=Peer new=BGP_FSM_IDLE old=BGP_FSM_ESTABLISHED reason=admin-down',
      'WARN[T] sent notification Code=6 Error="Cease/Administrative Shutdown (6/2)" Key=PEER Subcode=2 Topic=Peer',
      '{"level":"info","ts":TS,"logger":"BGPSpeaker","msg":"Stopped.","localIP":"LOCAL"}',
    ])
  })

  it('answers 503 while one of two peers is not Established, with its reason, and 200 once it is', async () => {
    const first = peer('127.0.0.81', 65002)
    const port = await first.port()
    const healthPort = await freePort()
    const config = folder.write('two.conf', configOf([['127.0.0.81', 65002], ['127.0.0.82', 65002]])) // biome-ignore format: a table
    const program = start(['--config', config, '--advertise-ip', VIP, '--health-port', String(healthPort), '--port', String(port)])
    await program.says(/state changed Key=127\.0\.0\.81 .* new=BGP_FSM_ESTABLISHED/)
    await program.says(/^WARN\[\d+\] failed to connect Error="127\.0\.0\.82:\d+ refuses connections: .*" Key=127\.0\.0\.82 Topic=Peer$/)
    expect(await health(healthPort)).toMatchObject({
      status: 503,
      body: {
        healthy: false,
        sessions: [
          { peerIP: '127.0.0.81', state: 'Established' },
          { peerIP: '127.0.0.82', reason: expect.stringContaining('refuses connections'), advertisedRoutes: [] },
        ],
      },
    })
    const second = new Peer('127.0.0.82', 65002, { address: LOCAL, asn: 4273481990 }, port)
    running.push(second)
    await program.says(/state changed Key=127\.0\.0\.82 .* new=BGP_FSM_ESTABLISHED/)
    expect((await health(healthPort)).status).toBe(200)
    program.child.kill('SIGTERM')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    for (const each of [first, second])
      await each.until((event) => event.type === 'notification' && event.code === 6 && event.subcode === 2)
  })

  it("says which AS number the peer does not take, in the peer's words", async () => {
    const other = peer('127.0.0.83', 65002)
    const config = folder.write('asn.conf', configOf([['127.0.0.83', 65002]]).replace('4273481990', '65009'))
    const healthPort = String(await freePort())
    const program = start(['--config', config, '--advertise-ip', VIP, '--health-port', healthPort, '--port', String(await other.port())])
    await program.says(
      /^WARN\[\d+\] received notification Code=2 Error="OPEN Message Error\/Bad Peer AS \(2\/2\)" Key=127\.0\.0\.83 Subcode=2/,
    )
  })

  it('ends at once on Ctrl-C without any session', async () => {
    const config = folder.write('none.conf', configOf([['127.0.0.84', 65002]]))
    const program = start(['--config', config, '--advertise-ip', VIP, '--health-port', String(await freePort()), '--port', '1'])
    await program.says(/failed to connect/)
    program.child.kill('SIGINT')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(program.lines.at(-1)).toContain('"msg":"Stopped."')
  })
})

describe('what it refuses, before it says anything to a peer', () => {
  const refused = async (args: readonly string[]) => {
    const program = start(args)
    const { code } = await program.ended
    return { code, stdout: program.stdout, stderr: program.stderr }
  }

  it('a bad command line: exit code 2', async () => {
    expect(await refused(['--advertise-ip', VIP])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'bgpadvertiser: --config is missing: the file with localIP, localASN and peers\n  run bgpadvertiser --help\n',
    })
  })

  it('a bad file: exit code 2, with file:line:col', async () => {
    const config = folder.write('bad.conf', configOf([['10.0.1.300', 65002]]))
    const { code, stdout, stderr } = await refused(['--config', config, '--advertise-ip', VIP])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`${config}:4:11: error: peers[0].peerIP: "10.0.1.300" is not an IPv4 address`)
  })

  it('a file that is not there: exit code 2', async () => {
    const { code, stderr } = await refused(['--config', join(folder.path, 'absent.conf'), '--advertise-ip', VIP])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('absent.conf cannot be read: ENOENT') })
  })

  it('the address of the node itself or of a peer: exit code 2', async () => {
    const config = folder.write('own.conf', configOf([['127.0.0.80', 65002]]))
    expect(await refused(['--config', config, '--advertise-ip', LOCAL])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('this is localIP'),
    })
    expect(await refused(['--config', config, '--advertise-ip', '127.0.0.80'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a peer’s address'),
    })
  })

  it('a localIP that the machine does not have: exit code 3, with the place and what it has', async () => {
    const config = folder.write('elsewhere.conf', configOf([['127.0.0.80', 65002]], '192.0.2.1'))
    const { code, stdout, stderr } = await refused(['--config', config, '--advertise-ip', VIP])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toMatch(
      /elsewhere\.conf:1:10: error: localIP: this machine does not have 192\.0\.2\.1; it has .*; run this on the node that has it/,
    )
  })

  it('a health port that is taken: exit code 3, and no session was tried', async () => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port))
    })
    const config = folder.write('taken.conf', configOf([['127.0.0.80', 65002]]))
    const { code, stdout, stderr } = await refused(['--config', config, '--advertise-ip', VIP, '--health-port', String(port)])
    taken.close()
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain(`the health server cannot listen on 127.0.0.1:${port}: another program listens there`)
    expect(stderr).toContain('--health-port')
  })
})

describe('R39: one file', () => {
  it('runs alone, without an extension, started by its first line', async () => {
    const file = folder.write('bgpadvertiser', new TextDecoder().decode(await bundleStandalone('bgpadvertiser')))
    execFileSync('chmod', ['+x', file])
    const path = `${join(process.execPath, '..')}:/usr/bin:/bin`
    expect(execFileSync(file, ['--help'], { cwd: '/', env: { PATH: path }, encoding: 'utf8' })).toMatch(
      /^Usage: bgpadvertiser --config FILE/,
    )
    const other = peer('127.0.0.85', 65002)
    const config = folder.write('file.conf', configOf([['127.0.0.85', 65002]]))
    const healthPort = String(await freePort())
    const args = ['--config', config, '--advertise-ip', VIP, '--health-port', healthPort, '--port', String(await other.port())]
    const program = start(args, [file])
    await program.says(/new=BGP_FSM_ESTABLISHED/)
    program.child.kill('SIGINT')
    expect(await program.ended).toEqual({ code: 0, signal: null })
  })
})

/** What differs from run to run, and the addresses. */
function masked(line: string): string {
  return line
    .replaceAll(LOCAL, 'LOCAL')
    .replaceAll('127.0.0.80', 'PEER')
    .replace(/"ts":[\d.]+/, '"ts":TS')
    .replace(/^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ /, 'IDATE PID ')
    .replace(/^([A-Z]{4})\[\d{4}\]/, '$1[T]')
}
