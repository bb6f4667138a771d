/** The command line (R38), and its help. Pure. */
import { parseArgs } from 'node:util'
import { nearest } from '../../model/index.ts'
import { parseIpv4 } from '../../net/index.ts'
import { notAHost } from './config.ts'

export const HEALTH_PORT = 8080

export interface Options {
  readonly config: string
  readonly advertiseIp: string
  readonly healthPort: number
  /** Where peers listen; 179 but for tests on a machine where that port cannot be had. */
  readonly port: number
}

export type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }

export const HELP = `Usage: bgpadvertiser --config FILE --advertise-ip VIP

Sets BGP sessions up from this machine and announces one address over them, until it is stopped: to try a cluster's BGP configuration by
hand before the cluster is there. Run it on the node that has localIP.

  --config FILE         YAML: localIP, localASN, peers (each with peerIP and peerASN)
  --advertise-ip VIP    the address to announce, as VIP/32 with localIP as its next hop
  --health-port PORT    where GET answers the state, on 127.0.0.1 (default: ${HEALTH_PORT}): 200 when every peer is Established, else 503
  --help                this text

FILE, for example:

  localIP: 10.0.1.10
  localASN: 65001
  peers:
  - peerIP: 10.0.1.254
    peerASN: 65002

Ctrl-C withdraws the address, says goodbye to the peers (NOTIFICATION Cease) and ends; once more ends at once.

Exit codes: 0 stopped, 2 usage or an invalid file, 3 this machine lacks what it takes (localIP, a free port), 130 stopped at once.
`

const OPTIONS = {
  config: { type: 'string' },
  'advertise-ip': { type: 'string' },
  'health-port': { type: 'string' },
  port: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Every mistake at once, each with what to do. */
export function readArguments(argv: readonly string[]): Arguments {
  // Go's flag package, which the original program reads its own with, takes one dash as well.
  const dashed = argv.map((word) => word.replace(/^-(?=[a-z][a-z-]+(?:=|$))/, '--'))
  const { values, tokens } = parseArgs({ args: dashed, options: OPTIONS, strict: false, allowPositionals: true, tokens: true })
  if (values.help === true) return { kind: 'help' }
  const problems: string[] = []
  const given = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`${JSON.stringify(token.value)} belongs to no option`)
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(OPTIONS, token.name)) {
      const meant = nearest(token.name, ['config', 'advertise-ip', 'health-port'])
      problems.push(`unknown option ${token.rawName}${meant === undefined ? '' : `; did you mean --${meant}?`}`)
    } else if (given.has(token.name)) problems.push(`--${token.name} is given twice`)
    given.add(token.name)
  }
  const text = (name: 'config' | 'advertise-ip', what: string): string => {
    const value = values[name]
    if (value === undefined) problems.push(`--${name} is missing: ${what}`)
    else if (typeof value !== 'string' || value === '' || value.startsWith('--')) problems.push(`--${name} needs a value: ${what}`)
    else return value
    return ''
  }
  const number = (name: 'health-port' | 'port', otherwise: number): number => {
    const value = values[name]
    if (value === undefined) return otherwise
    const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : 0
    if (port < 1 || port > 65535) problems.push(`--${name} ${String(value)}: write a port from 1 to 65535`)
    return port
  }
  const config = text('config', 'the file with localIP, localASN and peers')
  const advertiseIp = text('advertise-ip', 'the address to announce')
  if (advertiseIp !== '') problems.push(...addressProblems(advertiseIp))
  const options: Options = { config, advertiseIp, healthPort: number('health-port', HEALTH_PORT), port: number('port', 179) }
  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'run', options }
}

function addressProblems(text: string): string[] {
  const flag = `--advertise-ip ${text}`
  if (parseIpv4(text) !== undefined) {
    const why = notAHost(text)
    return why === undefined ? [] : [`${flag}: ${text} ${why}`]
  }
  const bare = text.replace(/\/\d+$/, '')
  if (bare !== text && parseIpv4(bare) !== undefined) return [`${flag}: write it without the prefix length: ${bare}`]
  if (text.includes(':')) return [`${flag}: this is IPv6; only IPv4 is supported (R7)`]
  return [`${flag}: this is no IPv4 address`]
}
