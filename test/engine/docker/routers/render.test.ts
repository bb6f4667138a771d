import { describe, expect, it } from 'vitest'
import { routerDriver } from '../../../../src/engine/docker/routers/index.ts'
import { TIMER_PROFILES } from '../../../../src/model/index.ts'
import { neighbor, plan } from './support.ts'

const FAST = TIMER_PROFILES.fast
const frr = (more = {}) => routerDriver('frr').render(plan('frr', more), FAST)
const gobgp = (more = {}) => routerDriver('gobgp').render(plan('gobgp', more), FAST)
const VRRP = [{ interface: 'rack1', vrid: 1, address: '10.0.1.1', priority: 200, advertisementIntervalMs: 100 }]

describe('an FRR configuration', () => {
  it('states every timer of every neighbor', () => {
    const text = frr()['/etc/frr/frr.conf']
    for (const address of ['10.0.1.100', '10.0.1.101', '10.0.1.102']) {
      expect(text).toContain(` neighbor ${address} timers 3 9\n`)
      expect(text).toContain(` neighbor ${address} timers connect 1\n`)
      expect(text).toContain(` neighbor ${address} advertisement-interval 0\n`)
      expect(text).toContain(` neighbor ${address} update-source 10.8.0.10\n`)
      expect(text).toContain(` neighbor ${address} passive\n`)
    }
  })

  it('has multihop, ADD-PATH and the default route where the plan has them, and only there', () => {
    const text = frr({
      neighbors: [
        neighbor('10.0.1.100', { defaultOriginate: true }),
        neighbor('10.0.1.101', { multihop: false, addPathReceive: false, passive: false }),
      ],
    })['/etc/frr/frr.conf']
    const lines = text?.split('\n').map((line) => line.trim()) ?? []
    expect(lines.filter((line) => line.includes('ebgp-multihop'))).toEqual(['neighbor 10.0.1.100 ebgp-multihop 64'])
    expect(lines.filter((line) => line.includes('disable-addpath-rx'))).toEqual(['neighbor 10.0.1.101 disable-addpath-rx'])
    expect(lines.filter((line) => line.includes('default-originate'))).toEqual(['neighbor 10.0.1.100 default-originate'])
    expect(lines.filter((line) => line.endsWith('passive'))).toEqual(['neighbor 10.0.1.100 passive'])
  })

  it('gives way to the one of the user, not so the virtual gateway', () => {
    const files = frr({ config: { file: 'tor1.frr.conf', text: 'router bgp 1\n' }, vrrp: VRRP })
    expect(files['/etc/frr/frr.conf']).toBe('router bgp 1\n')
    expect(files['/etc/frr/vrrpd.conf']).toBe(
      'interface rack1\n vrrp 1 version 3\n vrrp 1 priority 200\n vrrp 1 advertisement-interval 100\n vrrp 1 ip 10.0.1.1\nexit\n!\n',
    )
  })
})

describe('a GoBGP configuration', () => {
  it('states timers, ends, multihop and ADD-PATH of every neighbor', () => {
    const text = gobgp({
      neighbors: [neighbor('10.0.1.100'), neighbor('10.0.1.101', { multihop: false, addPathReceive: false, passive: false })],
    })['/etc/gobgp/gobgpd.toml']
    const [head = '', first = '', second = ''] = text?.split('[[neighbors]]') ?? []
    expect(head).toContain('as = 65002\nrouter-id = "10.8.0.10"')
    for (const line of ['connect-retry = 1', 'hold-time = 9', 'keepalive-interval = 3', 'local-address = "10.8.0.10"']) {
      expect(first).toContain(line)
      expect(second).toContain(line)
    }
    expect(first).toContain('passive-mode = true')
    expect(first).toContain('[neighbors.ebgp-multihop.config]\nenabled = true')
    expect(first).toContain('receive = true')
    expect(second).toContain('passive-mode = false')
    expect(second).not.toContain('ebgp-multihop')
    expect(second).toContain('receive = false')
  })

  it('refuses what GoBGP cannot do, with what to do', () => {
    expect(() => gobgp({ neighbors: [neighbor('10.0.1.100', { defaultOriginate: true })] })).toThrow('make this router kind: frr')
  })

  it('has the virtual gateway too', () => {
    expect(gobgp({ vrrp: VRRP })['/etc/frr/vrrpd.conf']).toContain(' vrrp 1 ip 10.0.1.1\n')
  })
})
