/** `peerlab check`: reads a customer's files and says what they mean, what is wrong with them, and what the network has to provide. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Meaning } from '../cluster/check/index.ts'
import { type ClusterFile, loadCluster } from '../cluster/resources/index.ts'
import { ROUTER_DIALECTS, type RouterDialect, routerConfig } from '../cluster/router-config/index.ts'
import { type Diagnostic, formatDiagnostic, hasErrors, isMapping, nearest, readDocuments } from '../model/index.ts'
import { formatPrefix, parsePrefix } from '../net/index.ts'
import { folded } from '../report/index.ts'
import { checkFiles, noClusterFile, readTopology } from '../topology/index.ts'
import { findingLines, meaningLines } from './check-lines.ts'
import { Ending, EXIT } from './exit.ts'
import { outputTo, printJson } from './output.ts'
import { isFile, shownPath, topologyFile } from './topology.ts'

interface Options {
  readonly topology?: string
  readonly subnets?: readonly string[]
  readonly routerConfig?: RouterDialect
  readonly peer?: string
  readonly json?: true
}

export function checkCommand(): Command {
  return new Command('check')
    .description('say what cluster files mean, what is wrong with them, and what the network must provide')
    .argument('FILE...', "a cluster's file, or the files that its documents lie in; or a topology, with the cluster file that it names")
    .option('--topology <TOPOLOGY>', 'check it against the racks, nodes and routers of a topology')
    .option('--subnets <LIST>', "the nodes' subnets, with commas between (default: a topology's, or else /24 is assumed)", subnets)
    .addOption(new Option('--router-config <SYSTEM>', 'print the configuration that each peer needs').choices(ROUTER_DIALECTS))
    .option('--peer <IP>', 'with --router-config: of this peer only')
    .option('--json', 'for machines')
    .action((files: string[], options: Options) => {
      process.exitCode = check(files, options)
    })
}

function subnets(text: string): readonly string[] {
  return text.split(',').map((each) => {
    const prefix = parsePrefix(each.trim(), 'mask')
    if (prefix === undefined) throw new InvalidArgumentError(`${each} is no subnet: write a.b.c.d/n.`)
    return formatPrefix(prefix)
  })
}

/** One cluster of the command line's files. */
interface Group {
  readonly files: readonly ClusterFile[]
  readonly topology?: ClusterFile
}

function check(names: readonly string[], options: Options): number {
  if (options.peer !== undefined && options.routerConfig === undefined)
    throw new Ending(EXIT.usage, '--peer goes with --router-config', `one of ${ROUTER_DIALECTS.join(', ')}`)
  const topology = options.topology === undefined ? undefined : readFile(topologyFile(options.topology))
  const groups = groupsOf(names, topology)
  const results = groups.map((group) => ({
    group,
    ...checkFiles(group.files, {
      ...(group.topology !== undefined && { topology: group.topology }),
      ...(options.subnets !== undefined && { subnets: options.subnets }),
    }),
  }))
  const failed = results.some((result) => hasErrors(result.diagnostics))
  const configs = options.routerConfig === undefined || failed ? undefined : configsOf(results, options.routerConfig, options.peer)
  if (options.json) {
    const told = results.map(({ group, diagnostics, meaning }) => {
      const own = configs?.filter((config) => config.cluster === meaning?.cluster).map(({ peerIP, text }) => ({ peerIP, text }))
      return { files: group.files.map((each) => each.file), ...findings(diagnostics), ...meaning, ...(own && { routerConfigs: own }) }
    })
    printJson({ errors: told.reduce((sum, each) => sum + each.errors.length, 0), clusters: told })
  } else {
    for (const [index, { diagnostics, meaning }] of results.entries()) tell(diagnostics, meaning, index, options)
    for (const [index, { text }] of (configs ?? []).entries()) process.stdout.write(`${index === 0 ? '' : '\n'}${text}`)
  }
  return failed ? EXIT.usage : EXIT.pass
}

function findings(diagnostics: readonly Diagnostic[]) {
  const of = (severity: Diagnostic['severity']) => diagnostics.filter((each) => each.severity === severity)
  return { errors: of('error'), warnings: of('warning'), notes: of('note') }
}

function tell(diagnostics: readonly Diagnostic[], meaning: Meaning | undefined, index: number, options: Options): void {
  const output = outputTo(process.stdout)
  // Standard output is the configuration then, and can be piped to the router.
  const { width } = output
  const line = (text: string) => {
    if (options.routerConfig !== undefined) output.error(text)
    else for (const each of folded(text, width)) output.line(each)
  }
  if (index > 0) line('')
  for (const each of findingLines(diagnostics, output.style, width)) line(each)
  if (options.routerConfig === undefined) {
    if (meaning === undefined) line('Too little of the file can be read to say what it means.')
    else for (const each of meaningLines(meaning)) line(each)
  }
  const { errors, warnings } = findings(diagnostics)
  const lost = meaning === undefined || meaning.lost.length === 0 ? '' : `, ${meaning.lost.length} lost`
  const sessions = meaning === undefined ? '' : ` · ${count(meaning.sessions.length, 'session')}${lost}`
  line(`${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}${sessions}`)
  if (options.routerConfig !== undefined && errors.length > 0) line('no configuration is printed while there are errors')
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`
}

function configsOf(results: readonly { readonly meaning?: Meaning }[], dialect: RouterDialect, peer: string | undefined) {
  const all = results.flatMap(({ meaning }) =>
    (meaning?.peers ?? [])
      .filter((needs) => needs.neighbors.length > 0)
      .map((needs) => ({
        cluster: meaning!.cluster,
        peerIP: needs.peerIP,
        text: routerConfig(dialect, needs, meaning!.cluster),
      })),
  )
  const chosen = peer === undefined ? all : all.filter((each) => each.peerIP === peer)
  if (chosen.length > 0 || peer === undefined) return chosen
  const known = all.map((each) => each.peerIP)
  const meant = nearest(peer, known)
  throw new Ending(
    EXIT.nothing,
    `the cluster has no peer ${peer}`,
    meant === undefined ? `there are: ${known.join(', ')}` : `did you mean ${meant}?`,
  )
}

/** Files that have no Cluster of their own belong to the one that has. */
function groupsOf(names: readonly string[], topology: ClusterFile | undefined): readonly Group[] {
  const groups: Group[] = []
  const plain: ClusterFile[] = []
  for (const name of names) {
    const path = pathOf(name)
    const file = readFile(path)
    const cluster = clusterOfTopology(file)
    if (cluster === undefined) plain.push(file)
    else groups.push({ files: [clusterFile(path, file, cluster)], topology: file })
  }
  const whole = plain.filter((each) => hasCluster(each))
  const with_ = topology === undefined ? {} : { topology }
  if (whole.length > 1) {
    const stray = plain.find((each) => !whole.includes(each))
    if (stray !== undefined)
      throw new Ending(
        EXIT.usage,
        `${stray.file} has no Cluster, and ${whole.length} other files have one`,
        'check it together with its own cluster only',
      )
    return [...groups, ...whole.map((each) => ({ files: [each], ...with_ }))]
  }
  return plain.length === 0 ? groups : [...groups, { files: plain, ...with_ }]
}

/** A file as it is named; of a folder its topology; a bare word that is no file is a topology's name. */
function pathOf(name: string): string {
  if (existsSync(name)) return statSync(name).isDirectory() ? join(name, 'topology.yaml') : name
  return /^[a-z0-9-]+$/.test(name) ? topologyFile(name) : name
}

/** The cluster file that a topology file names; `undefined` for other files. */
function clusterOfTopology({ file, text }: ClusterFile): string | undefined {
  const value = readDocuments(file, text).documents[0]?.value
  return isMapping(value) && 'racks' in value && !('kind' in value) && typeof value.cluster === 'string' ? value.cluster : undefined
}

/** The one that a topology names. Ends with its place in the topology where there is none. */
function clusterFile(path: string, topology: ClusterFile, name: string): ClusterFile {
  const file = join(dirname(path), name)
  if (isFile(file)) return readFile(file)
  const read = readTopology(topology.file, topology.text)
  const found = read.topology === undefined ? read.diagnostics : [noClusterFile(read.topology)]
  throw new Ending(EXIT.usage, found.map(formatDiagnostic).join('\n'))
}

function hasCluster({ file, text }: ClusterFile): boolean {
  return loadCluster(file, text).documents.some((document) => isMapping(document.value) && document.value.kind === 'Cluster')
}

function readFile(path: string): ClusterFile {
  try {
    return { file: shownPath(path), text: readFileSync(path, 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EISDIR') throw new Ending(EXIT.usage, `${path} is a folder, not a file`)
    throw new Ending(EXIT.usage, code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read: ${(error as Error).message}`)
  }
}
