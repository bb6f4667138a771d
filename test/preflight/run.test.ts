import { expect, it } from 'vitest'
import { MILLISECOND } from '../../src/model/index.ts'
import { preflight } from '../../src/preflight/index.ts'
import { RehearsingLab } from './fake-rehearsal.ts'

/** tor2 is never told anything in this lab, so what concerns it must not be waited for long. */
const BRIEF = { session: MILLISECOND, announcement: 5 * MILLISECOND, reach: MILLISECOND, quiet: 5 * MILLISECOND }
const TO_TOR1 = [
  { node: 'node-01', localIP: '10.0.1.10', localASN: 65001, peerIP: '10.8.0.10', peerASN: 65002 },
  { node: 'node-04', localIP: '10.0.1.20', localASN: 65001, peerIP: '10.8.0.10', peerASN: 65002 },
]

it('R34: only the node under test announces, only to that peer, and every other node and client sends', async () => {
  const lab = new RehearsingLab()
  const during: string[] = []
  lab.onAsk = (what) => what.startsWith('send') && during.push(`${[...lab.announcing].join(', ')}: ${what}`)
  const { report } = await preflight(lab, { cells: TO_TOR1, patience: BRIEF })
  expect(report.findings).toEqual([])
  expect(during).toEqual([
    'node-01 10.8.0.10: send node-04',
    'node-01 10.8.0.10: send node-05',
    'node-01 10.8.0.10: send node-06',
    'node-01 10.8.0.10: send client',
    'node-04 10.8.0.10: send node-01',
    'node-04 10.8.0.10: send node-05',
    'node-04 10.8.0.10: send node-06',
    'node-04 10.8.0.10: send client',
    'node-01 10.8.0.10, node-04 10.8.0.10: send client',
  ])
})

it('R34 R42: the VIP is there before the route, and goes after it', async () => {
  const lab = new RehearsingLab()
  await preflight(lab, { cells: TO_TOR1.slice(0, 1), patience: BRIEF })
  expect(lab.calledFor.filter((what) => /^(hold|announce|withdraw|release|close)/.test(what))).toEqual([
    'hold node-01',
    'announce node-01 10.8.0.10',
    'withdraw node-01 10.8.0.10',
    'release node-01',
    'close node-01 10.8.0.10',
    'release node-01',
  ])
})

it('R12: without a choice of cells, every control-plane node with its own peers', async () => {
  const lab = new RehearsingLab()
  const { report } = await preflight(lab, { patience: BRIEF })
  expect(report.cells.map(({ cell, router }) => `${cell.node} ${router}`)).toEqual(['node-01 tor1', 'node-01 tor2', 'node-04 tor1'])
  expect(report.cells.map((row) => row.announcement?.ok)).toEqual([true, false, true])
})

it('R34: a node without a session is looked at, announces nothing, and keeps nobody else from being tried', async () => {
  const lab = new RehearsingLab()
  lab.broken['node-01 10.8.0.10'] = { state: 'Connect', failures: [], notifications: [] }
  lab.shell.exec = async () => ({ code: 0, stdout: '[{"type":"local","dst":"10.8.0.10","dev":"lo"}]', stderr: '' })
  const { report } = await preflight(lab, { cells: TO_TOR1, patience: BRIEF })
  expect(lab.calledFor).toContain('look node-01')
  expect(lab.calledFor).not.toContain('announce node-01 10.8.0.10')
  expect(report.findings.map(({ code, nodes }) => [code, nodes])).toEqual([['tcp-179-dropped', ['node-01']]])
  expect(report.cells[1]).toMatchObject({ session: { ok: true }, announcement: { ok: true } })
})

it('R34: a sender that is cut off is the one that is named', async () => {
  const lab = new RehearsingLab()
  lab.cutOff.add('node-06')
  lab.shell.exec = async () => ({ code: 2, stdout: '', stderr: 'RTNETLINK answers: Network is unreachable' })
  const { report } = await preflight(lab, { cells: TO_TOR1.slice(0, 1), patience: BRIEF })
  expect(report.findings).toMatchObject([
    { code: 'no-route-to-vip', from: ['node-06'], cause: expect.stringContaining('node-06 has no route to 10.0.0.8') },
  ])
})

it.each(['open node-01', 'announce node-04', 'send client', 'hold node-04'])(
  'R34: interrupted at %s, it ends every session and gives every address back',
  async (moment) => {
    const lab = new RehearsingLab()
    const controller = new AbortController()
    lab.onAsk = (what) => what.startsWith(moment) && controller.abort(new Error('interrupted'))
    await expect(preflight(lab, { cells: TO_TOR1, patience: BRIEF, signal: controller.signal })).rejects.toThrow('interrupted')
    expect([[...lab.open], [...lab.announcing], [...lab.holding]]).toEqual([[], [], []])
  },
)
