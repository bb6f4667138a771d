/** docs/interop.md, made of what the walks found, and whether it is whole. */
import { CELLS, DAEMONS, type DaemonKind, FAULTS, type Fault, type Findings, HOLD_SECONDS, type Outcome } from './terms.ts'

const KINDS = Object.keys(DAEMONS) as DaemonKind[]
const ALL = Object.keys(FAULTS) as Fault[]

/** Where a daemon differs, beyond what its table shows; each was seen while the matrix was made. */
const REMARKS: Readonly<Record<DaemonKind, readonly string[]>> = {
  frr: [
    'Sends our own routes back to us; they are loops to us, and not counted.',
    'Coalesces its first advertisements for a second or two, so that everything that starts a session takes that long.',
  ],
  gobgp: [
    'Refuses every connection for 30 s after a reset of its own, whatever its timers say. Where it is the one to connect, it takes 3 to 14 s to try.',
    'Never sends a ROUTE-REFRESH: `softresetin` keeps what it was told and looks at that again.',
    '`shutdown --reason` sends the words, and the session comes back by itself; `disable --reason` stays down, and sends an empty communication.',
    'Puts itself as the next hop of what it passes on; the others leave the third party’s on a shared subnet.',
  ],
  bird: ['Does not show path identifiers; that the right path went is seen from its next hop.'],
  openbgpd: [
    'Logs `route refresh: AID IPv4 unicast not negotiated` and sends nothing when it is asked for its routes, although it offered both; its own requests are answered by us as by anyone.',
    'After a failed session it waits 30 s before it connects (`IdleHoldTime`); a connection that comes to it in that time is taken. Seen once by itself (*session reset by us*); elsewhere † marks where `bgpctl neighbor … up` was given after 5 s.',
  ],
}

export function interopPage(all: readonly Findings[]): string {
  const lines = [
    '# Our speaker and the daemons that networks run',
    '',
    'Made by `npm run docs:interop` from a run of `test/interop/matrix.test.ts`; do not edit. Each daemon in a container of its own, with six sessions',
    `at once: ADD-PATH in both directions or none, and who opens the connection. A hold time of ${HOLD_SECONDS} s. All sessions go through every fault, one after`,
    'the other; after each, both ends must hold again what they held before.',
    '',
    'A time alone is from the fault to its effect. `a → b`: the other end had lost the routes after *a*; everything was there again after *b*, from the fault, or',
    'from its end where it lasts (silence, kill). A daemon’s tables are read ten times a second and, on two cores that four daemons share, take up to a second',
    'to read: *a* is no less than that. “none” with a number: the daemon has no such thing, told below.',
    '',
  ]
  for (const kind of KINDS) {
    const findings = all.find(({ daemon }) => daemon === kind)
    if (findings !== undefined) lines.push(...section(findings), '')
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function section({ daemon, version, outcomes, collisions, seconds }: Findings): string[] {
  const reasons = [...new Set(outcomes.filter(({ result }) => result === 'impossible').map(({ note = '' }) => note))]
  const rows = ALL.map((fault) => {
    const cells = CELLS.map(({ addPath, mode }) => {
      const outcome = outcomes.find((one) => one.fault === fault && one.addPath === addPath && one.mode === mode)
      return outcome === undefined ? '' : cellOf(outcome, reasons)
    })
    return `| ${FAULTS[fault]} | ${cells.join(' | ')} |`
  })
  const met = collisions.ours + collisions.theirs
  return [
    `## ${version}`,
    '',
    `| | ${CELLS.map(({ addPath, mode }) => `${addPath ? 'ADD-PATH' : 'one path'}, ${mode}`).join(' | ')} |`,
    `|---|${CELLS.map(() => '---').join('|')}|`,
    ...rows,
    '',
    ...reasons.map((reason, i) => `${i + 1}. ${reason[0]!.toUpperCase()}${reason.slice(1)}.`),
    ...(reasons.length > 0 ? [''] : []),
    ...REMARKS[daemon].map((remark) => `- ${remark}`),
    ...(met > 0 ? [`- ${met} collisions (RFC 4271 §6.8) in this run: ${collisions.ours} closed by us, ${collisions.theirs} by it.`] : []),
    `- The walk took ${seconds} s.`,
  ]
}

function cellOf({ result, lostMs, backMs, nudged, note }: Outcome, reasons: readonly string[]): string {
  if (result === 'failed') return `**failed**: ${note}`
  if (result === 'impossible') return `none (${reasons.indexOf(note ?? '') + 1})`
  const times = [lostMs, backMs].flatMap((ms) => (ms === undefined ? [] : [secondsOf(ms)]))
  return `${times.join(' → ')} s${nudged ? ' †' : ''}`
}

function secondsOf(ms: number): string {
  return ms < 995 ? (Math.max(ms, 10) / 1000).toFixed(2) : (ms / 1000).toFixed(1)
}

/** What the page lacks: a daemon, a fault, or a cell without a time or a reason. */
export function gapsIn(page: string): string[] {
  const gaps: string[] = []
  const sections = page.split(/^## /m).slice(1)
  for (const [kind, name] of Object.entries(DAEMONS)) {
    const section = sections.find((text) => text.startsWith(`${name} `))
    if (section === undefined) {
      gaps.push(`no section on ${kind}`)
      continue
    }
    const rows = section.split('\n').filter((line) => line.startsWith('| '))
    for (const what of Object.values(FAULTS)) {
      const [, ...cells] =
        rows
          .find((row) => row.startsWith(`| ${what} |`))
          ?.split('|')
          .slice(1, -1) ?? []
      for (const [i, { addPath, mode }] of CELLS.entries()) {
        const cell = cells[i]?.trim() ?? ''
        const reason = /^none \((\d+)\)$/.exec(cell)?.[1]
        const said = reason === undefined ? /^\d+\.\d+( → \d+\.\d+)? s( †)?$/.test(cell) : section.includes(`\n${reason}. `)
        if (!said) gaps.push(`${name}, ${addPath ? 'ADD-PATH' : 'one path'}, ${mode}: ${what}: ${cell || 'nothing'}`)
      }
    }
  }
  return gaps
}
