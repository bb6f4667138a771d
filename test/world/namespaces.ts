import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PREFIX = 'peerlab-test-'

/** A second machine on one link: a network namespace and a veth pair that ends with it. Nothing of it has a way out of this machine. */
export interface Link {
  /** The other machine's address. */
  readonly remote: string
  /** An address of the link's subnet that nobody has. */
  readonly nobody: string
  /** The namespace that holds the other end now. */
  readonly namespace: string
  /** The other end goes dark: nothing arrives any more, and nothing is told. */
  darken(): void
  /** The wire is put into a fresh machine with the same addresses (the MAC too), which knows nothing of what was. */
  replace(): void
  remove(): void
}

let links = 0

export function makeLink(): Link {
  const number = ++links
  const name = `${PREFIX}${process.pid}-${number}`
  const device = `plt${process.pid}${number}`
  const subnet = `198.18.${(process.pid + number * 17) % 250}`
  const namespaces = [`${name}-a`, `${name}-b`] as const
  let holder: string = namespaces[0]
  const inHolder = (...args: string[]): void => ip('-n', holder, ...args)
  const configure = (): void => {
    inHolder('link', 'set', 'lo', 'up')
    inHolder('address', 'add', `${subnet}.2/24`, 'dev', 'uplink')
    inHolder('link', 'set', 'uplink', 'up')
  }
  reap()
  for (const namespace of namespaces) ip('netns', 'add', namespace)
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', holder)
  ip('address', 'add', `${subnet}.1/24`, 'dev', device)
  ip('link', 'set', device, 'up')
  configure()
  return {
    remote: `${subnet}.2`,
    nobody: `${subnet}.77`,
    get namespace() {
      return holder
    },
    darken: () => inHolder('link', 'set', 'uplink', 'down'),
    replace: () => {
      inHolder('link', 'set', 'uplink', 'netns', namespaces[1])
      holder = namespaces[1]
      configure()
    },
    remove: () => {
      ip('link', 'del', device)
      for (const namespace of namespaces) ip('netns', 'del', namespace)
    },
  }
}

/** Namespaces of test runs that were killed; their links end with them. */
function reap(): void {
  for (const line of output('ip', ['netns', 'list']).split('\n')) {
    const [name = ''] = line.split(' ')
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) ip('netns', 'del', name)
  }
}

function ip(...args: string[]): void {
  output('ip', args)
}

function output(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' })
  } catch (cause) {
    throw new Error(
      `This test makes a second machine out of a network namespace, and \`${command} ${args.join(' ')}\` failed. It needs Linux, root and iproute2.`,
      { cause },
    )
  }
}
