/** Lists of marks of a fixed size: RFC 1997, RFC 4360, RFC 4456, RFC 5701, RFC 8092. */
import type { Scope } from '../field.ts'
import { communityName } from '../names.ts'
import { extendedCommunity, ipv6ExtendedCommunity } from './extended-community.ts'
import type { Malformed, ReadAttribute, Told } from './index.ts'

/** All of `scope` in marks of `octets` each, at least one. */
function list(scope: Scope, octets: number, malformed: Malformed, read: (scope: Scope) => string): Told {
  if (scope.remaining === 0 || scope.remaining % octets !== 0) {
    malformed(`${scope.remaining} octets: no multiple of ${octets}, or nothing`)
  }
  const values: string[] = []
  while (scope.remaining >= octets) {
    values.push(read(scope))
    scope.minor()
  }
  return { value: values, text: values.join(' ') }
}

/** `65001:100`, or the name of a well-known one. */
export const communities: ReadAttribute = (scope, _, malformed) =>
  list(scope, 4, malformed, (each) => {
    const value = each.uint('Community', 4, communityText)
    return communityText(value)
  })

function communityText(value: number): string {
  return communityName(value) ?? `${value >>> 16}:${value & 0xffff}`
}

/** `65001:1:2`. */
export const largeCommunities: ReadAttribute = (scope, _, malformed) =>
  list(scope, 12, malformed, (each) => {
    const field = each.open('Large Community', (inner) =>
      [inner.u32('Global Administrator'), inner.u32('Local Data Part 1'), inner.u32('Local Data Part 2')].join(':'),
    )
    return field.text!
  })

export const extendedCommunities: ReadAttribute = (scope, _, malformed) =>
  list(scope, 8, malformed, (each) => extendedCommunity(each, 'Extended Community'))

export const ipv6ExtendedCommunities: ReadAttribute = (scope, _, malformed) =>
  list(scope, 20, malformed, (each) => ipv6ExtendedCommunity(each))

export const clusterList: ReadAttribute = (scope, _, malformed) => list(scope, 4, malformed, (each) => each.ipv4('Cluster ID'))
