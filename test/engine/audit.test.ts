import { describe, expect, it } from 'vitest'
import { auditView } from '../../src/engine/audit.ts'
import type { Lab } from '../../src/engine/lab.ts'
import { Log } from '../../src/engine/log.ts'
import { StateView } from '../../src/engine/view.ts'
import type { FibRoute, Session } from '../../src/model/index.ts'
import { establishedSession } from '../session.ts'

const session = establishedSession()
const fib: FibRoute = {
  device: 'tor1',
  prefix: '10.0.0.1/32',
  protocol: 'bgp',
  metric: 20,
  nextHops: [{ via: '10.0.1.11', interface: 'rack1', weight: 1 }],
}

/** A lab of which only what the audit reads is there. */
function make(fresh: { sessions?: Session[]; fib?: FibRoute[]; once?: () => void }) {
  const view = new StateView()
  const log = new Log(view, () => 0)
  const tables = {
    sessions: async () => {
      fresh.once?.()
      return fresh.sessions ?? []
    },
    routes: async () => [],
    fib: async () => fresh.fib ?? [],
  }
  const lab = { view, tables, plan: { routers: [{ name: 'tor1' }] } } as unknown as Lab
  return { lab, log }
}

describe('the audit of the view', () => {
  it('finds nothing where both agree, whatever the order of next hops', async () => {
    const { lab, log } = make({ sessions: [session], fib: [fib] })
    log.emit({ type: 'session', device: 'tor1', session })
    log.emit({ type: 'fib', device: 'tor1', route: fib })
    expect(await auditView(lab)).toEqual([])
  })

  it('names what the events told and the device does not have, and the other way round', async () => {
    const { lab, log } = make({ fib: [fib] })
    log.emit({ type: 'session', device: 'tor1', session })
    expect(await auditView(lab)).toEqual([
      { device: 'tor1', table: 'session', key: '10.8.0.10 10.0.1.100', view: '["up",1,true,false]' },
      { device: 'tor1', table: 'fib', key: '10.0.0.1/32', fresh: '["bgp",20,["[\\"10.0.1.11\\",\\"rack1\\",1]"]]' },
    ])
  })

  it('does not tell apart states below Established', async () => {
    const { lab, log } = make({ sessions: [{ ...session, state: 'Active' }] })
    log.emit({ type: 'session', device: 'tor1', session: { ...session, state: 'Idle' } })
    expect(await auditView(lab)).toEqual([])
  })

  it('forgives what was only on its way', async () => {
    let looks = 0
    const { lab, log } = make({
      sessions: [session],
      once: () => ++looks === 2 && log.emit({ type: 'session', device: 'tor1', session }),
    })
    expect(await auditView(lab)).toEqual([])
    expect(looks).toBe(2)
  })
})
