/** `peerlab decode`: the BGP messages in captures, dumps and pasted text, field by field. */
import { Command, Option } from 'commander'
import { FORMATS, type Format, formatOf, type Item, readerFor } from '../bgp/capture/index.ts'
import type { Assumptions } from '../bgp/dissect/index.ts'
import { BrokenCompression } from './decode/compression.ts'
import { octetsOf, STDIN } from './decode/input.ts'
import { jsonLine } from './decode/json.ts'
import { settled } from './decode/settled.ts'
import { isFaulty, type Told, tell } from './decode/told.ts'
import { treeLines } from './decode/tree.ts'
import { Ending, EXIT } from './exit.ts'
import { outputTo } from './output.ts'

interface Options {
  readonly format?: (typeof FORMATS)[number]
  readonly asn2?: true
  readonly addPath?: true
  readonly extendedMessages?: true
  readonly json?: true
}

export function decodeCommand(): Command {
  return new Command('decode')
    .description('say what the BGP messages in a capture, an MRT dump or pasted octets mean, octet by octet')
    .argument('FILE...', 'pcap, pcapng, MRT or text with octets, also gzipped; - is standard input')
    .addOption(new Option('--format <FORMAT>', 'what the files are (default: told by their first octets)').choices(FORMATS))
    .option('--asn2', 'AS numbers have two octets, where no OPEN tells')
    .option('--add-path', 'prefixes have path identifiers, where no OPEN tells')
    .option('--extended-messages', 'messages may be longer than 4096 octets, where no OPEN tells')
    .option('--json', 'one JSON object a line')
    .action(async (files: string[], options: Options) => {
      process.exitCode = await settled(decode(files, options))
    })
}

interface Counts {
  messages: number
  routes: number
  malformed: number
  cut: number
  gaps: number
}

async function decode(files: readonly string[], options: Options): Promise<number> {
  const output = outputTo(process.stdout)
  const counts: Counts = { messages: 0, routes: 0, malformed: 0, cut: 0, gaps: 0 }
  const print = (file: string, told: Told) => (options.json ? jsonLine(file, told) : `${treeLines(file, told, output.style).join('\n')}\n`)
  let faulty = false
  let unreadable = false
  for (const file of files) {
    const shown = file === STDIN ? 'standard input' : file
    const before = counts.messages + counts.routes
    try {
      for await (const items of itemsOf(file, options)) {
        let text = ''
        for (const item of items) {
          const told = tell(item)
          count(counts, told)
          faulty ||= isFaulty(told)
          text += print(shown, told)
          if (text.length > PIECE) {
            await written(text)
            text = ''
          }
        }
        if (text !== '') await written(text)
      }
    } catch (error) {
      unreadable = true
      for (const line of complaint(shown, error)) output.error(line)
      continue
    }
    if (counts.messages + counts.routes === before) output.error(`${shown}: no BGP message in it`)
  }
  if (!options.json && counts.messages + counts.routes + counts.gaps > 0) output.line(summary(counts))
  if (unreadable) return EXIT.usage
  return faulty ? EXIT.failed : EXIT.pass
}

/** Characters that are written at once. */
const PIECE = 1 << 16

/** Waits for a reader that is slower than we are. */
function written(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(text)) resolve()
    else process.stdout.once('drain', resolve)
  })
}

async function* itemsOf(file: string, { format, asn2, addPath, extendedMessages }: Options): AsyncGenerator<readonly Item[]> {
  const assumptions: Assumptions = { fourOctetAs: asn2 !== true, addPath: addPath === true, extendedMessages: extendedMessages === true }
  let reader: ReturnType<typeof readerFor> | undefined
  try {
    for await (const chunk of octetsOf(file)) {
      reader ??= readerFor(formatFor(chunk, format), assumptions)
      yield reader.push(chunk)
    }
  } catch (error) {
    if (!(error instanceof BrokenCompression)) throw error
    if (reader !== undefined) yield reader.end()
    yield [{ kind: 'gap', place: {}, reason: error.reason, text: error.message }]
    return
  }
  if (reader !== undefined) yield reader.end()
}

/** What the user says; of the formats that begin with a number of their own it must be true. */
function formatFor(head: Uint8Array, wanted: Options['format']): Format {
  const format = formatOf(head)
  if (wanted !== undefined && (wanted === format || wanted === 'hex' || wanted === 'mrt')) return wanted
  if (wanted !== undefined) throw new Ending(EXIT.usage, `it is no ${wanted}${format === undefined ? '' : `, it looks like ${format}`}`)
  if (format === undefined) throw new Ending(EXIT.usage, 'it is no pcap, pcapng, MRT or text', `--format mrt or hex takes your word for it`)
  return format
}

function complaint(file: string, error: unknown): string[] {
  if (error instanceof Ending)
    return [`peerlab: ${file}: ${error.message}`, ...(error.suggestion === undefined ? [] : [`  ${error.suggestion}`])]
  const { code, message } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return [code === 'ENOENT' ? `peerlab: there is no file ${file}` : `peerlab: ${file} cannot be read: ${message}`]
}

function count(counts: Counts, told: Told): void {
  if (told.kind === 'message') {
    counts.messages++
    if (told.item.missing > 0) counts.cut++
  }
  if (told.kind === 'route') counts.routes++
  if (told.kind === 'gap' && told.item.malformed !== true) counts.gaps++
  const problems = told.kind === 'message' ? told.dissection.problems : told.kind === 'route' ? told.entry.problems : []
  if (problems.length > 0 || (told.kind === 'gap' && told.item.malformed === true)) counts.malformed++
}

function summary({ messages, routes, malformed, cut, gaps }: Counts): string {
  const many = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
  return [
    ...(messages > 0 || routes === 0 ? [many(messages, 'message')] : []),
    ...(routes > 0 ? [many(routes, 'route')] : []),
    ...(malformed > 0 ? [`${malformed} malformed`] : []),
    ...(cut > 0 ? [`${cut} cut off`] : []),
    ...(gaps > 0 ? [many(gaps, 'gap')] : []),
  ].join(' · ')
}
