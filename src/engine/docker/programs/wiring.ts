/**
 * The wiring helper: the one program that reaches into other containers' network namespaces. It sits on no network itself, and makes
 * every link directly inside the two namespaces that it joins, so that a helper that is killed leaves nothing on the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type {
  BatchRequest,
  BatchResult,
  CaptureRequest,
  MeasuredFlow,
  MeasureRequest,
  NamespaceBatch,
  SysctlRequest,
  VethEnd,
  WireRequest,
} from '../wiring-requests.ts'
import { monotonicMicros, onLines, serve } from './serve.ts'

/** The lab's description, kept for processes that join the lab later. */
let description: unknown = null
const captures = new Map<
  number,
  { readonly child: ChildProcess; readonly lines: string[]; readonly drained: Promise<void>; readonly closed: Promise<void> }
>()
let nextCapture = 1

serve(() => ({
  start: (args) => {
    description = args
    return { hashSeed: read('/proc/sys/net/ipv4/fib_multipath_hash_seed') !== undefined }
  },
  description: () => description,
  wire: (args) => wire(args as WireRequest),
  batch: (args) => batch(args as BatchRequest),
  cut: (args) => cut((args as { pid: number }).pid),
  sysctl: (args) => sysctl(args as SysctlRequest),
  measure: (args) => measure(args as MeasureRequest),
  measured: (args) => measured(args as MeasureRequest),
  capture: (args) => capture(args as CaptureRequest),
  captured: (args) => captured((args as { capture: number }).capture),
}))

async function wire(request: WireRequest): Promise<void> {
  await Promise.all(request.before.map(strictly))
  const end = (of: VethEnd) => `name ${of.name}${of.mac === undefined ? '' : ` address ${of.mac}`} netns ${of.pid}`
  const lines = request.links.map((link) => `link add ${end(link.a)} type veth peer ${end(link.b)}`)
  const made = await run(['ip', '-batch', '-'], lines.join('\n'))
  if (made.code !== 0) throw new Error(`links: ${explain(made.stderr, lines)}`)
  await Promise.all(request.after.map(strictly))
}

async function strictly(request: NamespaceBatch): Promise<void> {
  const result = await batch({ ...request, force: false })
  if (result.failures.length > 0) throw new Error(`${request.device}: ${result.failures.join('; ')}`)
}

async function batch(request: BatchRequest): Promise<BatchResult> {
  const at = monotonicMicros()
  const result = await inside(request.pid, ['ip', ...(request.force ? ['-force'] : []), '-batch', '-'], request.lines.join('\n'))
  return { at, failures: result.code === 0 ? [] : [explain(result.stderr, request.lines)] }
}

/**
 * Takes a device off the network: nothing in it runs any more, then its links go down, and at last they go: both ends, so that the same
 * names can be made again at once. What its kernel still says when it is killed reaches nobody.
 */
async function cut(pid: number): Promise<{ at: number }> {
  const namespace = readlinkSync(`/proc/${pid}/ns/net`)
  const at = monotonicMicros()
  for (const other of readdirSync('/proc')) {
    if (!/^\d+$/.test(other)) continue
    try {
      if (readlinkSync(`/proc/${other}/ns/net`) === namespace) process.kill(Number(other), 'SIGSTOP')
    } catch {
      // It ended meanwhile.
    }
  }
  const listing = await inside(pid, ['ip', '-json', 'link'])
  const links = JSON.parse(listing.stdout) as { ifname: string }[]
  const names = links.map((link) => link.ifname).filter((name) => name !== 'lo')
  const lines = [...names.map((name) => `link set dev ${name} down`), ...names.map((name) => `link delete dev ${name}`)]
  // Forced: an interface that stands on another goes with it.
  await batch({ pid, device: String(pid), lines, force: true })
  return { at }
}

async function sysctl(request: SysctlRequest): Promise<void> {
  // /proc/sys/net shows the namespace of whoever opens it, so the shell has to be inside.
  const path = `/proc/sys/${request.key.replaceAll('.', '/')}`
  const result = await inside(request.pid, ['sh', '-c', 'printf %s "$1" > "$2"', 'sh', request.value, path])
  if (result.code !== 0) throw new Error(`${request.key} = ${request.value}: ${result.stderr.trim()}`)
}

async function measure(request: MeasureRequest): Promise<void> {
  const rules = `
    table ip ${request.name} {
      set flows { type ether_addr . inet_service; size 65535; flags dynamic; }
      chain enter {
        type filter hook prerouting priority raw; policy accept;
        ip daddr ${request.vip} udp dport ${request.port} add @flows { ether saddr . udp sport }
      }
    }`
  const result = await inside(request.pid, ['nft', '-f', '-'], rules)
  if (result.code !== 0) throw new Error(`nft: ${result.stderr.trim()}`)
}

/** Answers what `measure` has seen, and ends it. */
async function measured(request: MeasureRequest): Promise<MeasuredFlow[]> {
  const listing = await inside(request.pid, ['nft', '-j', 'list', 'set', 'ip', request.name, 'flows'])
  await inside(request.pid, ['nft', 'delete', 'table', 'ip', request.name])
  if (listing.code !== 0) throw new Error(`nft: ${listing.stderr.trim()}`)
  const { nftables } = JSON.parse(listing.stdout) as { nftables: { set?: { elem?: SetElement[] } }[] }
  return nftables.flatMap((entry) => entry.set?.elem ?? []).map(flowOf)
}

/** nft prints a plain element as `{concat}`, and one with a timeout or counter as `{elem: {val: {concat}}}`. */
type SetElement = { concat: [string, number] } | { elem: { val: { concat: [string, number] } } }

function flowOf(element: SetElement): MeasuredFlow {
  const [sourceMac, sourcePort] = 'elem' in element ? element.elem.val.concat : element.concat
  return { sourceMac, sourcePort }
}

/** Starts tcpdump, and answers once it listens. */
async function capture(request: CaptureRequest): Promise<number> {
  const command = ['tcpdump', '-i', request.interface, '-l', '-nn', '-e', '--immediate-mode', ...request.filter]
  const child = spawn('nsenter', ['-t', String(request.pid), '-n', ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  onLines(child.stdout, (line) => lines.push(line))
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const drained = Promise.withResolvers<void>()
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('listening on')) resolve()
      // Its answer to SIGUSR1. What the kernel has taken for it and it has not read would be lost at its end: ask until there is none.
      const counts = [...said.matchAll(/(\d+) packets? captured, (\d+) packets? received/g)].at(-1)
      if (counts === undefined) return
      said = ''
      if (counts[1] === counts[2]) drained.resolve()
      else child.kill('SIGUSR1')
    })
    child.on('close', () => reject(new Error(`tcpdump: ${said.trim()}`)))
  })
  const id = nextCapture++
  captures.set(id, { child, lines, closed, drained: drained.promise })
  return id
}

/** Ends a capture; answers its lines. */
async function captured(id: number): Promise<string[]> {
  const running = captures.get(id)
  if (running === undefined) throw new Error(`no capture ${id}`)
  captures.delete(id)
  running.child.kill('SIGUSR1')
  await Promise.race([running.drained, running.closed])
  running.child.kill('SIGINT')
  await running.closed
  return running.lines
}

interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function inside(pid: number, command: readonly string[], input = ''): Promise<Finished> {
  return run(['nsenter', '-t', String(pid), '-n', ...command], input)
}

function run(command: readonly string[], input = ''): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
    // A command that fails at once may close its input before it has all of it: its own message says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** ip(8) says `Command failed -:7`; put the seventh line beside it. */
function explain(stderr: string, lines: readonly string[]): string {
  return stderr.trim().replaceAll(/Command failed -:(\d+)/g, (_, number: string) => `in “ip ${lines[Number(number) - 1]}”`)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
