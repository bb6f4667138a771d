/**
 * The terminal's view of a run: one line for each finished scenario, under a heading for each lab it ran on; a failure tells everything.
 * On a terminal the line of what goes on now is rewritten in place.
 */
import { formatDuration, type LabEvent, type Micros, type ScenarioResult, type TimerProfile } from '../model/index.ts'
import { failureLines } from './failure.ts'
import { aligned, folded, PLAIN, printable, quoted, type Style } from './text.ts'
import { timeline } from './timeline.ts'

export interface Screen {
  /** Writes text as it is. */
  write(text: string): void
  /** A terminal: one line may be rewritten. */
  readonly live: boolean
  readonly columns: number
}

export interface Lab {
  readonly topology: string
  /** `tor1 FRR 8.4.4` each. */
  readonly routers: readonly string[]
  readonly nodes: number
  readonly floatingIps: number
  readonly vips: number
  readonly upTime: Micros
}

export interface TerminalOptions {
  readonly style?: Style
  /** Shortens a source path. */
  readonly shown?: (file: string) => string
  /** Shown after `again:`, `look:` and for a lab that is kept. */
  readonly command?: string
  /** The words that choose a scenario by its name again; the name alone where absent. */
  readonly chosenBy?: (name: string) => readonly string[]
  /** A failure can be seen again, and there is nothing to look into afterwards: such a lab ends with its run. */
  readonly simulated?: boolean
  /** Of every scenario that will be reported: their titles stand in one column. */
  readonly names?: readonly string[]
}

/** Where lengths of time begin. */
const COLUMN = 120
/** What they take. A terminal that has less than both is narrow: lines are folded to its width. */
const LENGTH = 10

export class Terminal {
  readonly #screen: Screen
  readonly #style: Style
  readonly #options: TerminalOptions
  readonly #nameWidth: number
  /** `undefined`: wide enough, or no terminal. */
  readonly #narrow: number | undefined
  readonly #column: number
  #heading = ''
  #live = false

  constructor(screen: Screen, options: TerminalOptions = {}) {
    this.#screen = screen
    this.#options = options
    this.#narrow = screen.live && screen.columns < COLUMN + LENGTH ? Math.max(40, screen.columns) : undefined
    this.#column = this.#narrow === undefined ? COLUMN : this.#narrow - LENGTH
    this.#nameWidth = Math.max(24, ...(options.names ?? []).map((name) => name.length))
    this.#style = options.style ?? PLAIN
  }

  start(version: string, engine: string, timers: TimerProfile): void {
    const { holdTimeSeconds, keepaliveSeconds, leaseDuration, leaseRenewInterval, gratuitousArp } = timers
    const bgp = `BGP ${holdTimeSeconds}/${keepaliveSeconds} s`
    const lease = `lease ${formatDuration(leaseDuration)} renewed every ${formatDuration(leaseRenewInterval)}`
    const arp = `gratuitous ARP ${gratuitousArp.count} × ${formatDuration(gratuitousArp.interval)}`
    this.#told(`${this.#style.strong(`peerlab ${version}`)} · ${engine} · timers ${timers.name} (${bgp}, ${lease}, ${arp})`)
  }

  /** What goes on now; on a terminal only. */
  progress(text: string): void {
    if (!this.#screen.live) return
    this.#clear()
    this.#screen.write(`  ${printable(text)}`.slice(0, this.#screen.columns - 1))
    this.#live = true
  }

  lab(lab: Lab): void {
    const counts = `${lab.nodes} nodes, ${lab.floatingIps} floating IPs, ${lab.vips} VIPs`
    const heading = `${lab.topology} · ${lab.routers.join(', ')} · ${counts}`
    if (heading === this.#heading) return
    this.#heading = heading
    this.#line('')
    const up = `up in ${formatDuration(lab.upTime)}`
    if (this.#narrow === undefined) this.#line(aligned(`  ${heading}`, up, COLUMN))
    else this.#told(`  ${heading} · ${up}`)
  }

  result(result: ScenarioResult, events: readonly LabEvent[], kept?: string): void {
    const { verdict } = result
    const mark = verdict === 'passed' ? this.#style.good('✓') : verdict === 'cancelled' ? '·' : this.#style.bad('✗')
    const what = result.control === undefined ? result.title : `control: ${result.control}`
    const again = result.repetition > 1 ? ` (${result.repetition})` : ''
    const left = `${`${result.name}${again}`.padEnd(this.#nameWidth)} ${what}`
    const right = verdict === 'cancelled' ? 'interrupted' : formatDuration(result.duration)
    if (this.#narrow === undefined) this.#line(`  ${mark} ${aligned(left, right, COLUMN - 4)}`)
    else {
      this.#line(`  ${mark} ${aligned(`${result.name}${again}`, right, this.#column - 4)}`)
      this.#told(`      ${what}`)
    }
    for (const line of result.summary) this.#told(`      ${printable(line)}`)
    if (verdict !== 'passed' && verdict !== 'cancelled') this.#failure(result, events)
    if (kept !== undefined) for (const line of keptLines(kept, this.#command())) this.#line(`      ${line}`)
  }

  #failure(result: ScenarioResult, events: readonly LabEvent[]): void {
    // In a control failing is the point: what is wrong with it stands in its problems.
    const failed = result.control === undefined ? result.assertions.filter((assertion) => !assertion.holds) : []
    for (const assertion of failed) {
      this.#line('')
      const options = { style: this.#style, ...(this.#options.shown && { shown: this.#options.shown }), columns: this.#narrow ?? COLUMN }
      for (const line of failureLines(result.name, assertion, options)) this.#told(line === '' ? '' : `  ${line}`)
    }
    for (const problem of result.problems) this.#told(`      ${this.#style.bad('✗')} ${printable(problem)}`)
    const prefixes = prefixesIn(failed.flatMap((assertion) => assertion.differences.map((difference) => difference.subject)))
    const ordered = [...events].sort((a, b) => a.at - b.at)
    // From the fault, or from the first step: how the lab came up is not what failed.
    const fault = ordered.find((event) => event.type === 'fault') ?? ordered.find((event) => event.type === 'step')
    const lines = timeline(events, {
      ...(fault && { reference: fault.at, from: fault.at }),
      ...(prefixes.length > 0 && { prefixes }),
    })
    if (lines.length > 0) this.#line('')
    for (const line of lines) this.#told(`      ${line}`)
    const chosen = this.#options.chosenBy?.(result.name) ?? [result.name]
    const controls = result.control === undefined ? [] : ['--controls']
    const { simulated = false } = this.#options
    const seed = result.seed === undefined ? [] : ['--seed', result.seed]
    const how = simulated ? ['--engine', 'sim', ...seed] : ['--keep']
    const words = ['scenario', ...chosen, '--routers', result.routerSet, ...controls, ...how].map(quoted)
    const again = `${this.#command()} ${words.join(' ')}`
    const [prefix] = prefixes
    const router = failed[0]?.differences[0]?.subject.match(/ at ([\w-]+)/)?.[1] ?? Object.keys(result.routers)[0]
    const look = `${this.#command()} routes ${router ?? 'tor1'}${prefix === undefined ? '' : ` ${prefix}`}`
    this.#line('')
    // To be pasted, so they are never broken. Nothing can be looked into where the lab ends with its run.
    if (this.#narrow === undefined) this.#line(`      again:  ${again}${simulated ? '' : `      look:  ${look}`}`)
    else for (const line of [`      again:  ${again}`, ...(simulated ? [] : [`      look:   ${look}`])]) this.#line(line)
    if (result.log !== undefined) this.#line(`      events: ${this.#options.shown?.(result.log) ?? result.log}`)
    this.#line('')
  }

  /** Lines about the last result. */
  note(lines: readonly string[]): void {
    for (const line of lines) this.#told(`      ${line}`)
  }

  /** The last words: how many of each, how long, and where the details are. */
  end(results: readonly ScenarioResult[], length: Micros, report: string | undefined, kept: boolean): void {
    const count = (verdict: (result: ScenarioResult) => boolean) => results.filter(verdict).length
    const passed = count((result) => result.verdict === 'passed')
    const failed = count((result) => result.verdict === 'failed' || result.verdict === 'error')
    const cancelled = count((result) => result.verdict === 'cancelled')
    const left = results.some((result) => result.problems.some((problem) => /^left behind|was not removed/.test(problem)))
    const parts = [
      `${passed} passed`,
      ...(failed > 0 ? [this.#style.bad(`${failed} failed`)] : []),
      ...(cancelled > 0 ? ['interrupted'] : []),
      formatDuration(length),
      kept ? 'labs kept' : left ? this.#style.bad('something was left behind') : 'nothing left behind',
      ...(report === undefined ? [] : [`details: ${report}`]),
    ]
    this.#line('')
    this.#told(`  ${parts.join(' · ')}`)
  }

  #command(): string {
    return this.#options.command ?? 'peerlab'
  }

  #clear(): void {
    if (this.#live) this.#screen.write('\r\u001b[K')
    this.#live = false
  }

  /** Folded where the terminal is narrow. */
  #told(text: string): void {
    for (const line of this.#narrow === undefined ? [text] : folded(text, this.#narrow)) this.#line(line)
  }

  #line(text: string): void {
    this.#clear()
    this.#screen.write(`${text}\n`)
  }
}

/** How to look into a lab that was left running, and how to remove it. */
export function keptLines(lab: string, command: string): string[] {
  return [`kept:   ${command} ps      enter: ${command} exec --lab ${lab} DEVICE -- CMD`, `remove: ${command} down ${lab}`]
}

function prefixesIn(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.match(/\d+\.\d+\.\d+\.\d+\/\d+/g) ?? []))]
}
