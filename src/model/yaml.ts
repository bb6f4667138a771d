/**
 * YAML text in, plain values out, with the place of every node kept: nothing later has to guess where a field stood.
 *
 * Read as YAML 1.2 core with merge keys (`<<`); anchors and aliases are resolved. Syntax errors, tabs, duplicate keys and unresolved
 * aliases come back as diagnostics, all at once; nothing throws.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments, type YAMLError } from 'yaml'
import type { Diagnostic, Position } from './diagnostics.ts'

/** Where a value is in its document: field names and list indexes, from the root. */
export type Path = readonly (string | number)[]

export interface YamlDocument {
  readonly file: string
  /** Its place among the file's documents, from 0. */
  readonly index: number
  /** Plain objects, arrays and scalars; `undefined` where the text is too broken to tell. */
  readonly value: unknown
  /** A syntax error makes `value` a guess: report the error, and believe little else. Duplicate keys alone do not. */
  readonly broken: boolean
  /** Where the value at `path` begins, or, where there is none, its nearest ancestor. A null stands where its key stands. */
  at(path: Path): Position
  /** Where the field's name stands (`at` for a list's item). */
  atKey(path: Path): Position
  /** The scalar at `path` as the text has it: `1.10`, whose value is 1.1. Absent where there is no text. */
  written?(path: Path): string | undefined
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Reads every document of `text`. Empty ones (a stray `---`) are left out. */
export function readDocuments(file: string, text: string): YamlFile {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'silent' })
  const documents: YamlDocument[] = []
  const diagnostics: Diagnostic[] = []
  if (!Array.isArray(parsed)) return { documents, diagnostics }
  for (const source of parsed as Document.Parsed[]) {
    diagnostics.push(...withoutEchoes(source.errors.map((error) => syntaxError(file, lines, error))))
    diagnostics.push(...source.warnings.map((warning): Diagnostic => ({ ...syntaxError(file, lines, warning), severity: 'warning' })))
    const document = readDocument(file, documents.length, source, lines, diagnostics)
    if (document !== undefined) documents.push(document)
  }
  return { documents, diagnostics }
}

function readDocument(
  file: string,
  index: number,
  source: Document.Parsed,
  lines: LineCounter,
  diagnostics: Diagnostic[],
): YamlDocument | undefined {
  const broken = source.errors.some((error) => error.code !== 'DUPLICATE_KEY')
  if (!broken && isEmpty(source.contents)) return undefined
  const place = (path: Path, part: 'key' | 'value') => positionIn(source, lines, path, part)
  let value: unknown
  let unreadable = false
  try {
    value = source.toJS({ maxAliasCount: 1000 })
  } catch (error) {
    unreadable = true
    // Aliases that point nowhere, and "billion laughs".
    const reason = error instanceof Error ? error.message : String(error)
    diagnostics.push({ severity: 'error', code: 'yaml-alias', file, ...place([], 'value'), path: '', message: reason })
  }
  return {
    file,
    index,
    value,
    broken: broken || unreadable,
    at: (path) => place(path, 'value'),
    atKey: (path) => place(path, 'key'),
    written: (path) => {
      const { node, reached } = walk(source, path)
      return reached === path.length && isScalar(node) ? node.source : undefined
    },
  }
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && (node.source ?? '') === '')
}

/** As far along `path` as there is something: the node there, the key that it stands behind, and how many steps that was. */
function walk(source: Document.Parsed, path: Path): { readonly node: unknown; readonly key: Node | undefined; readonly reached: number } {
  let node: unknown = source.contents
  let key: Node | undefined
  let reached = 0
  for (const segment of path) {
    if (isAlias(node)) node = node.resolve(source)
    let next: unknown
    let nextKey: Node | undefined
    if (isMap(node)) {
      const pair = node.items.find((item: Pair) => String(isScalar(item.key) ? item.key.value : item.key) === String(segment))
      if (pair === undefined) break
      next = pair.value
      nextKey = pair.key as Node
    } else if (isSeq(node)) {
      if (typeof segment !== 'number' || segment >= node.items.length) break
      next = node.items[segment]
    } else break
    node = next
    key = nextKey
    reached++
  }
  return { node, key, reached }
}

function positionIn(source: Document.Parsed, lines: LineCounter, path: Path, part: 'key' | 'value'): Position {
  const { node, key, reached } = walk(source, path)
  const wantKey = (part === 'key' && reached === path.length) || node === null || isEmpty(node)
  const chosen = wantKey && key !== undefined ? key : node
  const offset = (chosen as Node | null)?.range?.[0] ?? source.range[0]
  return positionAt(lines, offset)
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** One slip makes several errors in its line, and a tab many in the lines after it: the first says it. */
function withoutEchoes(errors: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<number>()
  const firstTab = Math.min(...errors.filter((error) => error.code === 'yaml-tab').map((error) => error.line))
  return errors.filter(({ code, line }) => {
    if (seen.has(line) || (line > firstTab && code === 'yaml-syntax')) return false
    seen.add(line)
    return true
  })
}

const CURES: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  DUPLICATE_KEY: 'keep one of them: the other is lost',
  BAD_INDENT: 'indent it like the lines of the same list or mapping',
  MISSING_CHAR: 'close the quote or bracket, or put the missing character',
  UNEXPECTED_TOKEN: 'see the line before it: indentation and quotes',
  MULTILINE_IMPLICIT_KEY: 'see the line before it: a `:` or an indentation is missing',
  BAD_SCALAR_START: 'put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'indent the nested mapping on a line of its own, or put the text in quotes',
}

function syntaxError(file: string, lines: LineCounter, error: YAMLError): Diagnostic {
  const code = error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : error.code === 'TAB_AS_INDENT' ? 'yaml-tab' : 'yaml-syntax'
  const cure = CURES[error.code]
  const found: Diagnostic = { severity: 'error', code, file, ...positionAt(lines, error.pos[0]), path: '', message: error.message }
  return cure === undefined ? found : { ...found, suggestion: cure }
}

/** `['spec', 'bgpPeers', 1, 'asn']` → `spec.bgpPeers[1].asn`; names that are not words are quoted in brackets. */
export function formatPath(path: Path): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (/^[A-Za-z_][\w-]*$/.test(segment)) text += text === '' ? segment : `.${segment}`
    else text += `[${JSON.stringify(segment)}]`
  }
  return text
}
