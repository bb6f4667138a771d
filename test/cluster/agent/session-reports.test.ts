import { expect, it } from 'vitest'
import { SessionReports } from '../../../src/cluster/agent/session-reports.ts'
import { ApiClient, ApiServer, BGP_SESSION, RESOURCE_TYPES, Store, SYSTEM_NAMESPACE } from '../../../src/cluster/api/index.ts'
import { MILLISECOND, SECOND, TIMER_PROFILES } from '../../../src/model/index.ts'
import type { Clock } from '../../../src/world/index.ts'
import { VirtualUniverse, type VirtualWorld } from '../../../src/world/virtual/index.ts'

const timers = TIMER_PROFILES.fast
const api = { address: '10.9.0.2', port: 6443 }
const INTERVAL = SECOND
const COALESCE = 200 * MILLISECOND

/** Real clocks go on while a callback runs: this one by a millisecond with every look at it. */
function restless(world: VirtualWorld): VirtualWorld {
  let looks = 0
  const { clock } = world
  const moving: Clock = {
    now: () => clock.now() + looks++ * MILLISECOND,
    wallTime: (...precision) => clock.wallTime(...precision),
    timer: (name, callback) => clock.timer(name, callback),
    yield: (callback) => clock.yield(callback),
  }
  return Object.create(world, { clock: { value: moving } }) as VirtualWorld
}

it('R36: a change that comes just before a report is due anyway is reported on a clock that goes on meanwhile', () => {
  for (let early = 0; early < 40; early++) {
    const universe = new VirtualUniverse()
    const admin = universe.createWorld({ name: 'admin', addresses: ['10.9.0.2/24'] })
    const store = new Store(admin, RESOURCE_TYPES)
    new ApiServer(admin, store, { listen: api, types: RESOURCE_TYPES, bookmarkInterval: timers.leaseRenewInterval }).start()
    const spec = { floatingIP: '10.0.1.100', localIP: '10.0.1.100', localASN: 65001, nodeName: 'n', peerIP: '10.8.0.10', peerASN: 65002 }
    const metadata = { name: '10.8.0.10-n', namespace: SYSTEM_NAMESPACE }
    store.create(BGP_SESSION, { metadata, spec })
    const world = restless(universe.createWorld({ name: 'n', addresses: ['10.0.1.14/24'] }))
    const reports = new SessionReports(new ApiClient(world, { server: api, timers }), INTERVAL, {
      objectFor: () => store.get(BGP_SESSION, metadata.name, metadata.namespace),
      session: () => ({ localAddress: spec.localIP, peerAddress: spec.peerIP, state: 'Established', advertised: [] }),
    })
    const written: number[] = []
    store.watch(BGP_SESSION, {}, undefined, () => written.push(universe.now))
    reports.changed(spec.localIP, spec.peerIP)
    universe.run(universe.now + COALESCE + 10 * MILLISECOND)
    expect(written).toHaveLength(1)
    // It is looked at once more within the last 10 ms before it is due, a quarter of one earlier each time.
    universe.run(written[0]! + INTERVAL - COALESCE - (early * MILLISECOND) / 4)
    reports.changed(spec.localIP, spec.peerIP)
    universe.run(universe.now + 3 * SECOND)
    expect(written.length).toBeGreaterThanOrEqual(3)
    reports.stop()
  }
})
