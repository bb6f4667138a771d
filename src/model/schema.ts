/**
 * Schemas of users' YAML, as values: what a field may be, and what to say where it is something else. `check` gives every finding of a
 * document at once, each with its position; it never throws and never stops at the first.
 *
 * The building blocks for single values (addresses, AS numbers, ranges…) are in schema-values.ts.
 */
import { type Diagnostic, inFileOrder } from './diagnostics.ts'
import { nearest } from './nearest.ts'
import { formatPath, type Path, type YamlDocument } from './yaml.ts'

/** What a schema's `read` returns for a value that it has reported. */
export const INVALID: unique symbol = Symbol('invalid')
export type Invalid = typeof INVALID

export interface Schema<T> {
  /** In words, for messages: `an IPv4 address`. */
  readonly expects: string
  /** The value, or INVALID after at least one error was reported at `place`. */
  read(value: unknown, place: Place): T | Invalid
  /** What an absent (or null) field comes to; without it the field is required. */
  readonly absent?: { readonly value: T }
  readonly optional?: boolean
}

export interface OptionalSchema<T> extends Schema<T> {
  readonly optional: true
}

export type Infer<S> = S extends Schema<infer T> ? T : never

export interface Finding {
  readonly severity?: Diagnostic['severity']
  readonly code: string
  readonly message: string
  readonly suggestion?: string | undefined
  /** Point at the field's name in place of its value. */
  readonly onKey?: boolean
}

/** Where a schema reads, and where it reports. */
export interface Place {
  readonly path: Path
  report(finding: Finding): void
  /** The scalar here as the file has it, where it comes from a file. */
  written(): string | undefined
  child(segment: string | number): Place
}

/** Every level may lack what was invalid; an invalid item of a list is `undefined`, so that indexes still are the file's. */
export type DeepPartial<T> = T extends readonly (infer U)[]
  ? readonly (DeepPartial<U> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T

export interface Checked<T> {
  /** Present only where no error was found. */
  readonly value: T | undefined
  /** What could be read although there may be errors: for further checks, so that a user sees them all at once. */
  readonly partial: DeepPartial<T> | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** Reads `document` (or the part of it at `root`) by `schema`. */
export function check<T>(schema: Schema<T>, document: YamlDocument, root: Path = []): Checked<T> {
  const diagnostics: Diagnostic[] = []
  const place = placeIn(document, root, (d) => diagnostics.push(d))
  let value: unknown = document.value
  for (const segment of root) value = (value as Record<string | number, unknown> | null | undefined)?.[segment]
  const result = schema.read(value, place)
  const failed = result === INVALID || diagnostics.some((d) => d.severity === 'error')
  return {
    value: failed ? undefined : (result as T),
    partial: result === INVALID ? undefined : (result as DeepPartial<T>),
    diagnostics: inFileOrder(diagnostics),
  }
}

/** A place from which findings of one's own are reported at a document's positions. */
export function placeIn(document: YamlDocument, path: Path, sink: (d: Diagnostic) => void): Place {
  return {
    path,
    child: (segment) => placeIn(document, [...path, segment], sink),
    report: (f) => sink(diagnose(document, path, f)),
    written: () => document.written?.(path),
  }
}

/** A finding at a path of a document, as a diagnostic. */
export function diagnose(document: YamlDocument, path: Path, finding: Finding): Diagnostic {
  const { severity = 'error', code, message, suggestion, onKey } = finding
  const position = onKey ? document.atKey(path) : document.at(path)
  const found = { severity, code, file: document.file, ...position, path: formatPath(path), message }
  return suggestion === undefined ? found : { ...found, suggestion }
}

/** What a value is, in words, for `expected …, found …`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return `the ${typeof value} ${JSON.stringify(value)}`
}

export function wrongType(place: Place, expects: string, value: unknown, suggestion?: string): Invalid {
  place.report({ code: 'wrong-type', message: `expected ${expects}, found ${describe(value)}`, suggestion })
  return INVALID
}

/** May be absent, or null, as Kubernetes takes a null. */
export function optional<T>(schema: Schema<T>): OptionalSchema<T> {
  return { ...schema, optional: true }
}

export function withDefault<T>(schema: Schema<T>, value: T): Schema<T> {
  return { ...schema, absent: { value } }
}

/** `test` returns a finding for a value that the schema itself accepts; an error makes it invalid. */
export function refine<T>(schema: Schema<T>, test: (value: T) => Finding | undefined): Schema<T> {
  return {
    ...schema,
    read(value, place) {
      const read = schema.read(value, place)
      if (read === INVALID) return INVALID
      const finding = test(read)
      if (finding === undefined) return read
      place.report(finding)
      return (finding.severity ?? 'error') === 'error' ? INVALID : read
    },
  }
}

/** Turns what was read into something else. */
export function mapped<T, U>(schema: Schema<T>, turn: (value: T) => U): Schema<U> {
  return {
    expects: schema.expects,
    read(value, place) {
      const read = schema.read(value, place)
      return read === INVALID ? INVALID : turn(read)
    },
  }
}

/** One schema or another by the look of the value: `choose('a router kind or a mapping', v => typeof v === 'string' ? word : whole)`. */
export function choose<T>(expects: string, pick: (value: unknown) => Schema<T>): Schema<T> {
  return { expects, read: (value, place) => pick(value).read(value, place) }
}

/** Anything, kept as it is. */
export const anything: Schema<unknown> = { expects: 'anything', read: (value) => value }

/** A list; an invalid item is left `undefined` in what `check` calls partial. */
export function list<T>(item: Schema<T>, options: { readonly min?: number; readonly max?: number } = {}): Schema<readonly T[]> {
  const expects = `a list, each item ${item.expects}`
  return {
    expects,
    read(value, place) {
      if (!Array.isArray(value)) {
        const single = value !== null && value !== undefined
        return wrongType(place, expects, value, single ? 'put `- ` before it' : undefined)
      }
      const { min = 0, max = Number.POSITIVE_INFINITY } = options
      if (value.length < min) place.report({ code: 'too-few', message: `needs at least ${min}, has ${value.length}` })
      if (value.length > max) place.report({ code: 'too-many', message: `takes at most ${max}, has ${value.length}` })
      return value.map((each, index) => {
        const read = item.read(each, place.child(index))
        return read === INVALID ? (undefined as T) : read
      })
    },
  }
}

/** Names of the user's own choosing, each with a value of one schema. */
export function record<T>(
  item: Schema<T>,
  name: { readonly pattern: RegExp; readonly expects: string } | undefined = undefined,
): Schema<Readonly<Record<string, T>>> {
  const expects = 'a mapping'
  return {
    expects,
    read(value, place) {
      if (!isMapping(value)) return wrongType(place, expects, value)
      const read: Record<string, T> = Object.create(null)
      for (const [key, each] of Object.entries(value)) {
        const child = place.child(key)
        if (name !== undefined && !name.pattern.test(key)) {
          child.report({ code: 'bad-name', message: `${JSON.stringify(key)} is not ${name.expects}`, onKey: true })
        }
        const one = item.read(each, child)
        if (one !== INVALID) read[key] = one
      }
      return read
    },
  }
}

type Fields = Readonly<Record<string, Schema<unknown>>>
type OptionalNames<F extends Fields> = { [K in keyof F]: F[K] extends OptionalSchema<unknown> ? K : never }[keyof F]
export type Shape<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalNames<F>>]: Infer<F[K]> } & {
  readonly [K in OptionalNames<F>]?: Infer<F[K]>
}

export interface ObjectOptions {
  /**
   * Fields that are not listed are errors, with a `did you mean`; `open` keeps them without a word; `open: 'near-misses'` warns of those
   * that look like a listed field that is absent.
   */
  readonly open?: boolean | 'near-misses'
  /** Mistakes known by name, each with what to say. A finding that is an error takes the place of `unknown-field`. */
  readonly known?: readonly { readonly field: string | RegExp; readonly finding: Finding }[]
  readonly expects?: string
}

/** A mapping with known fields. What is read holds the listed fields only; the document still has the others. */
export function object<const F extends Fields>(fields: F, options: ObjectOptions = {}): Schema<Shape<F>> {
  const expects = options.expects ?? 'a mapping'
  return {
    expects,
    read(value, place) {
      if (!isMapping(value)) return wrongType(place, expects, value)
      const read: Record<string, unknown> = {}
      for (const [name, schema] of Object.entries(fields)) {
        const given = Object.hasOwn(value, name) ? value[name] : undefined
        if (given === undefined || given === null) {
          if (schema.absent !== undefined) read[name] = schema.absent.value
          else if (!schema.optional) missing(place, name, schema, Object.hasOwn(value, name))
          continue
        }
        const one = schema.read(given, place.child(name))
        if (one !== INVALID) read[name] = one
      }
      unknownFields(value, fields, options, place)
      return read as Shape<F>
    },
  }
}

function missing(place: Place, name: string, schema: Schema<unknown>, isNull: boolean): void {
  if (isNull) place.child(name).report({ code: 'missing', message: `is empty; it needs ${schema.expects}`, onKey: true })
  else place.report({ code: 'missing', message: `\`${name}\` is missing`, suggestion: `add ${name}: ${schema.expects}` })
}

function unknownFields(value: Record<string, unknown>, fields: Fields, options: ObjectOptions, place: Place): void {
  const free = Object.keys(fields).filter((name) => !Object.hasOwn(value, name))
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(fields, name)) continue
    const known = options.known?.find(({ field }) => (typeof field === 'string' ? field === name : field.test(name)))
    const child = place.child(name)
    if (known !== undefined) {
      child.report({ onKey: true, ...known.finding })
      continue
    }
    if (options.open === true) continue
    const meant = nearest(name, free) ?? (options.open ? undefined : nearest(name, Object.keys(fields)))
    if (options.open && meant === undefined) continue
    child.report({
      severity: options.open ? 'warning' : 'error',
      code: 'unknown-field',
      message: 'unknown field',
      suggestion: meant === undefined ? `known here: ${Object.keys(fields).join(', ')}` : `did you mean ${meant}?`,
      onKey: true,
    })
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
