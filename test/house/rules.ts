import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseAst } from 'rolldown/parseAst'

/** The house's rules over one source file: which rooms it may import from, and whether it must be pure of the outside. */

export const ROOMS = ['net', 'model', 'world', 'bgp', 'cluster', 'topology', 'engine', 'scenario', 'preflight', 'cli'] as const

/** A file that breaks a rule, in words. */
export interface Breach {
  readonly file: string
  readonly line: number
  readonly what: string
}

/** Folders (below src/) where `node:` modules and npm packages that do I/O may be imported. */
const OUTSIDE = ['world/real/', 'engine/docker/', 'scenario/host/', 'cli/']

/** npm packages that are values only, allowed wherever they are named here. */
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = { yaml: ['model/'] }

/** Folders that must not know time, chance or promises except through a World. */
const PURE = ['net/', 'model/', 'world/virtual/', 'bgp/', 'cluster/', 'topology/', 'engine/sim/']

/** The one door between the simulator's pure inside and whoever waits for it with promises; nothing inside may know of it. */
const DRIVER = 'engine/sim/driver/'

const FORBIDDEN_GLOBALS = new Set([
  'Promise',
  'Date',
  'performance',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
  'fetch',
  'crypto',
  'Buffer',
  'globalThis',
])

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

/** Every node of the tree, with the key under which its parent holds it. */
function* walk(node: Node, parent?: Node, key = ''): Generator<{ node: Node; parent: Node | undefined; key: string }> {
  yield { node, parent, key }
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* walk(child, node, name)
  }
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  if (from === 'report') return to === 'net' || to === 'model'
  if (to === 'report') return from === 'cli'
  const a = ROOMS.indexOf(from as (typeof ROOMS)[number])
  const b = ROOMS.indexOf(to as (typeof ROOMS)[number])
  return a >= 0 && b >= 0 && b < a
}

/** A name used as a value, not as a property, a key, or a type. */
function isValueUse(parent: Node | undefined, key: string): boolean {
  if (parent === undefined) return false
  if (parent.type.startsWith('TS'))
    return parent.type === 'TSAsExpression' || parent.type === 'TSNonNullExpression' || parent.type === 'TSSatisfiesExpression'
  if (parent.type === 'MemberExpression' && key === 'property') return parent.computed === true
  if ((parent.type === 'Property' || parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition') && key === 'key')
    return parent.computed === true
  if (parent.type === 'ImportSpecifier' || parent.type === 'ExportSpecifier') return false
  return true
}

/** `path` is relative to src/, with forward slashes. */
export function breachesOf(path: string, text: string): Breach[] {
  const found: Breach[] = []
  const pure = PURE.some((folder) => path.startsWith(folder)) && !path.startsWith(DRIVER)
  const outside = OUTSIDE.some((folder) => path.startsWith(folder))
  const at = (node: Node) => text.slice(0, node.start).split('\n').length
  const say = (node: Node, what: string) => found.push({ file: `src/${path}`, line: at(node), what })

  const importOf = (node: Node, specifier: string) => {
    if (specifier.startsWith('.')) {
      const target = relative('/src', resolve('/src', dirname(path), specifier))
      if (target.startsWith('..')) return say(node, `imports ${specifier}, outside src/`)
      if (!mayImport(roomOf(path), roomOf(target))) say(node, `${roomOf(path)} must not import ${roomOf(target)} (${specifier})`)
      const engines = [path, target].map((each) => /^engine\/(docker|sim)\//.exec(each)?.[1])
      if (engines[1] !== undefined && engines[0] !== undefined && engines[0] !== engines[1])
        say(node, `engine/${engines[0]} must not import engine/${engines[1]}`)
      if (pure && target.startsWith(DRIVER)) say(node, `must not import ${DRIVER}, which waits for it`)
      return
    }
    if (specifier.startsWith('node:')) {
      if (!outside) say(node, `imports ${specifier}; node: modules are for ${OUTSIDE.join(', ')}`)
      return
    }
    if (specifier.startsWith('peerlab/')) return
    const allowed = PURE_PACKAGES[specifier]
    if (outside || allowed?.some((folder) => path.startsWith(folder))) return
    say(node, `imports the package ${specifier}`)
  }

  for (const { node, parent, key } of walk(parseAst(text, { lang: 'ts' }) as unknown as Node)) {
    const source = node.source
    if ((node.type === 'ImportDeclaration' || node.type.startsWith('Export') || node.type === 'ImportExpression') && isNode(source))
      importOf(node, String(source.value))
    if (!pure) continue
    if (node.async === true) say(node, 'is async')
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await === true)) say(node, 'awaits')
    if (node.type === 'ImportExpression') say(node, 'imports dynamically')
    if (node.type === 'Identifier' && isValueUse(parent, key) && FORBIDDEN_GLOBALS.has(String(node.name)))
      say(node, `uses ${String(node.name)}`)
    if (
      node.type === 'MemberExpression' &&
      isNode(node.object) &&
      node.object.name === 'Math' &&
      isNode(node.property) &&
      node.property.name === 'random'
    )
      say(node, 'uses Math.random')
    if (node.type === 'TSTypeReference' && isNode(node.typeName) && node.typeName.name === 'Promise') say(node, 'speaks of Promise')
  }
  return found
}

/** All TypeScript files below `folder`, relative to it. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort()
}

export function breachesIn(folder: string): Breach[] {
  return sourceFiles(folder).flatMap((file) => breachesOf(file, readFileSync(join(folder, file), 'utf8')))
}
