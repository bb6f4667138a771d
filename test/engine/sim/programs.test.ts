import { afterEach, describe, expect, test } from 'vitest'
import { bgpadvertiser } from '../../../src/cli/bgpadvertiser/simulated.ts'
import { Topologies } from '../../../src/cli/topology.ts'
import type { Lab } from '../../../src/engine/lab.ts'
import { createSimLab } from '../../../src/engine/sim/driver/index.ts'

const PROGRAM = '/tmp/bgpadvertiser'
const CONFIG = '/tmp/bgpadvertiser.conf'
const GOOD = 'localIP: 10.0.1.10\nlocalASN: 65001\npeers:\n- peerIP: 10.8.0.10\n  peerASN: 65002\n'
const HEALTH = 'http://127.0.0.1:8080/'

let lab: Lab
afterEach(() => lab?.close())

async function up(): Promise<void> {
  const { plan } = await new Topologies('fast').load('shared-peers', { agents: false, api: 'admin' })
  lab = await createSimLab(plan!, { seed: 'a test', programs: { bgpadvertiser } })
}

/** Starts the program on node-01 and keeps what it prints and how it ends. */
async function start(config: string, ...more: readonly string[]) {
  await lab.shell.install('node-01', 'bgpadvertiser', PROGRAM)
  await lab.shell.copy('node-01', CONFIG, config)
  const lines: string[] = []
  const ends: (number | undefined)[] = []
  const running = await lab.shell.start('node-01', [PROGRAM, '--config', CONFIG, '--advertise-ip', '10.0.0.8', ...more], {
    line: (text) => lines.push(text),
    ended: (code) => ends.push(code),
  })
  return { lines, ends, interrupt: () => running.interrupt() }
}

/** Lets so much virtual time pass. */
function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = lab.virtualTime!.alarm(lab.now() + seconds * 1_000_000, () => {
      stop()
      resolve()
    })
  })
}

const processes = async () => (await lab.shell.exec('node-01', ['ps', '-ef'])).stdout

describe('a program that was copied to a simulated device', () => {
  test('runs in virtual time, is in ps(1), answers HTTP on its loopback, and ends in good order at Ctrl-C', async () => {
    await up()
    const { lines, ends, interrupt } = await start(GOOD)
    expect(await processes()).toContain(`${PROGRAM} --config ${CONFIG}`)
    await wait(3)
    expect(lines.some((line) => line.includes('new=BGP_FSM_ESTABLISHED'))).toBe(true)
    const { status, body } = await lab.shell.httpGet('node-01', HEALTH)
    expect([status, JSON.parse(body)]).toMatchObject([200, { healthy: true, sessions: [{ peerIP: '10.8.0.10', state: 'Established' }] }])
    expect(lab.view.route('tor1', '10.0.0.8/32')?.paths).toHaveLength(1)
    // Loopback is the node's own.
    await expect(lab.shell.httpGet('node-02', HEALTH)).rejects.toThrow(/^node-02: http:\/\/127\.0\.0\.1:8080\/: /)
    interrupt()
    await wait(1)
    expect([ends, lines.at(-1)]).toEqual([[0], expect.stringContaining('"msg":"Stopped."')])
    expect(lab.view.route('tor1', '10.0.0.8/32')).toBeUndefined()
    expect(await processes()).not.toContain('bgpadvertiser')
  })

  test('says what is wrong as it does on a real machine, and ends with its exit code', async () => {
    await up()
    const otherNode = await start(GOOD.replace('10.0.1.10', '10.0.1.11'))
    await wait(1)
    expect(otherNode.ends).toEqual([3])
    expect(otherNode.lines[0]).toMatch(/this machine does not have 10\.0\.1\.11; it has 10\.0\.1\.10 \(eth0\)/)
    const typing = await start(GOOD.replace('localASN', 'localAsn'))
    await wait(1)
    expect(typing.ends).toEqual([2])
    const first = await start(GOOD)
    const second = await start(GOOD)
    await wait(1)
    expect([first.ends, second.ends]).toEqual([[], [3]])
    expect(second.lines[0]).toMatch(/127\.0\.0\.1:8080: another program listens there/)
  })

  test('ends with its device, without a word', async () => {
    await up()
    const { ends, lines } = await start(GOOD)
    await wait(3)
    const said = lines.length
    await lab.power.off('node-01')
    await wait(30)
    expect([ends, lines.length]).toEqual([[undefined], said])
    await lab.power.on('node-01')
    expect(await processes()).not.toContain('bgpadvertiser')
    expect(lab.view.session('tor1', '10.0.1.10')?.state).not.toBe('Established')
  })
})
