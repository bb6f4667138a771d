import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { NeighborPlan, RouterKind, RouterPlan } from '../../../../src/topology/plan.ts'

/** A file that `capture.ts` wrote. */
export function golden(name: string): string {
  return readFileSync(fileURLToPath(new URL(`./golden/${name}`, import.meta.url)), 'utf8')
}

export function neighbor(address: string, more: Partial<NeighborPlan> = {}): NeighborPlan {
  return {
    address,
    asn: 65001,
    updateSource: '10.8.0.10',
    passive: true,
    multihop: true,
    addPathReceive: true,
    defaultOriginate: false,
    description: '',
    ...more,
  }
}

/** The router that the goldens were captured from. */
export function plan(kind: RouterKind, more: Partial<RouterPlan> = {}): RouterPlan {
  return {
    name: 'tor1',
    kind,
    asn: 65002,
    routerId: '10.8.0.10',
    interfaces: [],
    loopbacks: ['10.8.0.10/32'],
    routes: [],
    sysctls: {},
    neighbors: [neighbor('10.0.1.100'), neighbor('10.0.1.101', { multihop: false }), neighbor('10.0.1.102', { addPathReceive: false })],
    networks: ['10.0.1.0/24'],
    maximumPaths: 8,
    vrrp: [],
    ...more,
  }
}
