import { describe, expect, it } from 'vitest'
import { underlay, vipAnnounced } from '../../../src/engine/docker/underlay.ts'
import { Log } from '../../../src/engine/log.ts'
import { unreachable, vipMissing } from '../../../src/engine/underlay.ts'
import { StateView } from '../../../src/engine/view.ts'
import type { Plan, RouterPlan } from '../../../src/topology/plan.ts'
import { tinyPlan } from '../../containers/tiny-plan.ts'

const plan: Plan = { ...tinyPlan(), routers: [{ name: 'tor1' } as RouterPlan] }
const route = (prefix: string) => ({ device: 'tor1', prefix, protocol: 'bgp', metric: 20, nextHops: [{ interface: 'rack1', weight: 1 }] })

describe('the underlay', () => {
  it('names each host that a router has no route to', () => {
    const view = new StateView()
    expect(unreachable(plan, view)).toEqual(['tor1 → admin', 'tor1 → node-01', 'tor1 → node-02', 'tor1 → client'])
    new Log(view, () => 0).emit({ type: 'fib', device: 'tor1', route: route('10.0.1.8/30') })
    expect(unreachable(plan, view)).toEqual(['tor1 → admin', 'tor1 → client'])
  })

  it('is there at the event that completes it', async () => {
    const view = new StateView()
    const log = new Log(view, () => 0)
    const whole = underlay(plan, view, log)
    log.emit({ type: 'fib', device: 'tor1', route: route('0.0.0.0/0') })
    expect(await whole).toEqual([])
  })

  it('can be given up', async () => {
    const view = new StateView()
    const abort = new AbortController()
    const whole = underlay(plan, view, new Log(view, () => 0), abort.signal)
    abort.abort(new Error('interrupted'))
    await expect(whole).rejects.toThrow('interrupted')
  })
})

describe('the control-plane VIP', () => {
  const { cluster } = plan
  const cpVip = cluster.model.cpVip
  const withPeer: Plan = {
    ...plan,
    cluster: { ...cluster, model: { ...cluster.model, cpNodes: ['10.0.1.10'] } },
    routers: [
      { name: 'tor1', neighbors: [{ address: '10.0.1.10' }] } as unknown as RouterPlan,
      { name: 'core', neighbors: [] } as unknown as RouterPlan,
    ],
  }

  it('is waited for at the routers that control-plane nodes peer with, and at no other', async () => {
    const view = new StateView()
    const log = new Log(view, () => 0)
    expect(vipMissing(withPeer, view)).toEqual([`tor1 → ${cpVip}`])
    const announced = vipAnnounced(withPeer, view, log)
    log.emit({ type: 'fib', device: 'tor1', route: route('0.0.0.0/0') })
    expect(vipMissing(withPeer, view)).toHaveLength(1)
    log.emit({ type: 'fib', device: 'tor1', route: route(`${cpVip}/32`) })
    expect(await announced).toEqual([])
  })
})
