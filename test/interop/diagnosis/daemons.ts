/** The four daemons beside each other, each on an address of its own, with a neighbor for each cause. */
import type { DaemonKind } from '../matrix/terms.ts'
import { ASN, AT, CAUSES, type Cause, PEER_ASN } from './terms.ts'

interface Started {
  readonly files: Readonly<Record<string, string>>
  readonly commands: readonly string[]
  /** Answers with 0 when it is up. */
  readonly ready: string
  /** What its file cannot say. */
  readonly afterwards?: string
}

const ALL = Object.entries(CAUSES) as [Cause, string][]
/** They get a neighbor; the others do without. */
const NEIGHBORS = ALL.filter(([cause]) => cause !== 'not configured there')
const asnFor = (cause: Cause) => (cause === 'wrong AS, their word' ? 64999 : ASN)

const frr: Started = {
  files: {
    '/etc/frr/vtysh.conf': 'service integrated-vtysh-config\n',
    '/etc/frr/bgpd.conf': [
      `router bgp ${PEER_ASN}`,
      ` bgp router-id ${AT.frr}`,
      ' bgp minimum-holdtime 30',
      ...NEIGHBORS.flatMap(([cause, address]) => [
        ` neighbor ${address} remote-as ${asnFor(cause)}`,
        ` neighbor ${address} update-source ${AT.frr}`,
        ` neighbor ${address} passive`,
        ...(cause === 'shut down there' ? [` neighbor ${address} shutdown message maintenance`] : []),
        ...(cause === 'a password there' ? [` neighbor ${address} password secret`] : []),
      ]),
      ' address-family ipv4 unicast',
      ...NEIGHBORS.flatMap(([cause, address]) => [
        `  neighbor ${address} disable-addpath-rx`,
        ...(cause === 'no policy (RFC 8212)' ? [] : [`  neighbor ${address} route-map ALL in`, `  neighbor ${address} route-map ALL out`]),
        ...(cause === 'no common family' ? [`  no neighbor ${address} activate`] : []),
      ]),
      ' exit-address-family',
      ' address-family ipv6 unicast',
      `  neighbor ${CAUSES['no common family']} activate`,
      ' exit-address-family',
      'route-map ALL permit 10',
      '',
    ].join('\n'),
  },
  commands: ['/usr/lib/frr/zebra -A 127.0.0.1 -P 0', `/usr/lib/frr/bgpd -A 127.0.0.1 -P 0 -l ${AT.frr} -f /etc/frr/bgpd.conf`],
  ready: `vtysh -c 'show bgp summary' | grep -q ${CAUSES['a password there']}`,
}

const gobgp: Started = {
  files: {
    '/tmp/gobgpd.toml': [
      '[global.config]',
      `as = ${PEER_ASN}`,
      `router-id = "${AT.gobgp}"`,
      `local-address-list = ["${AT.gobgp}"]`,
      ...NEIGHBORS.flatMap(([cause, address]) => [
        '[[neighbors]]',
        '[neighbors.config]',
        `neighbor-address = "${address}"`,
        `peer-as = ${asnFor(cause)}`,
        ...(cause === 'shut down there' ? ['admin-down = true'] : []),
        ...(cause === 'a password there' ? ['auth-password = "secret"'] : []),
        '[neighbors.transport.config]',
        `local-address = "${AT.gobgp}"`,
        'passive-mode = true',
        '[[neighbors.afi-safis]]',
        '[neighbors.afi-safis.config]',
        `afi-safi-name = "${cause === 'no common family' ? 'ipv6' : 'ipv4'}-unicast"`,
      ]),
      '',
    ].join('\n'),
  },
  commands: ['gobgpd -f /tmp/gobgpd.toml --log-plain'],
  ready: `gobgp neighbor | grep -q ${CAUSES['a password there']}`,
}

const bird: Started = {
  files: {
    '/tmp/bird.conf': `router id ${AT.bird};
protocol device {}
${NEIGHBORS.map(
  ([cause, address]) => `protocol bgp peer${address.split('.')[3]} {
  local ${AT.bird} as ${PEER_ASN};
  neighbor ${address} as ${asnFor(cause)};
  strict bind yes; passive yes; direct;
  ${cause === 'shut down there' ? 'disabled yes;' : ''}
  ${cause === 'a password there' ? 'password "secret";' : ''}
  ${cause === 'no common family' ? 'ipv6' : 'ipv4'} { ${cause === 'no policy (RFC 8212)' ? 'import none; export none' : 'import all; export all'}; };
}
`,
).join('')}`,
  },
  commands: ['mkdir -p /run/bird; exec bird -f -c /tmp/bird.conf'],
  ready: 'birdc show status',
}

const openbgpd: Started = {
  files: {
    '/tmp/bgpd.conf': `AS ${PEER_ASN}
router-id ${AT.openbgpd}
listen on ${AT.openbgpd}
fib-update no
${NEIGHBORS.map(
  ([cause, address]) => `neighbor ${address} {
  remote-as ${asnFor(cause)}
  local-address ${AT.openbgpd}
  passive
  ${cause === 'hold time' ? 'holdtime min 30' : ''}
  ${cause === 'a password there' ? 'tcp md5sig password secret' : ''}
  ${cause === 'no common family' ? 'announce IPv4 none\n  announce IPv6 unicast' : ''}
}
`,
).join('')}
${NEIGHBORS.filter(([cause]) => cause !== 'no policy (RFC 8212)')
  .map(([, address]) => `allow from ${address}\nallow to ${address}\n`)
  .join('')}`,
  },
  commands: ['mkdir -p /run/openbgpd; chmod 600 /tmp/bgpd.conf; exec bgpd -d -f /tmp/bgpd.conf'],
  ready: 'bgpctl show',
  afterwards: `bgpctl neighbor ${CAUSES['shut down there']} down maintenance`,
}

export const STARTED: Readonly<Record<DaemonKind, Started>> = { frr, gobgp, bird, openbgpd }
