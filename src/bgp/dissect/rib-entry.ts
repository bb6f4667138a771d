/** One route of a RIB dump: its attributes, RFC 6396 §4.3.4, with AS numbers of four octets and MP_REACH_NLRI cut to its next hop. */
import type { Family } from '../wire/capability/family.ts'
import { Reader, Truncated } from '../wire/cursor.ts'
import { walkAttributes } from './attribute/index.ts'
import { type Json, newContext } from './context.ts'
import { type Field, Scope } from './field.ts'
import { readerOf } from './nlri/index.ts'
import { BadNlri } from './nlri/prefix.ts'
import { assumed } from './options.ts'
import { attributesVerdict, type Problem, problemsOf } from './verdict.ts'

export interface DissectedRibEntry {
  readonly field: Field
  readonly problems: readonly Problem[]
  readonly attributes: { readonly [name: string]: Json }
}

/** The attributes in `bytes` from `at` to `end`, of a route of `family`. */
export function dissectRibEntry(bytes: Uint8Array, at: number, end: number, family: Family, fourOctetAs = true): DissectedRibEntry {
  const options = assumed({ fourOctetAs, addPath: false })
  const context = newContext(options, family)
  const field: Field = { name: 'Path Attributes', at, end, fields: [] }
  walkAttributes(new Scope(new Reader(bytes, at, end), field.fields), context, false, false)
  const spanOf = (code: number) => (code === 0 ? field : field.fields?.find((each) => each.fields?.[1]?.value === code))
  const reach = spanOf(14)
  const spans =
    reach === undefined || reach === field
      ? [field]
      : [
          { at, end: reach.at },
          { at: reach.end, end },
        ]
  const verdict = attributesVerdict(bytes, spans, options)
  return { field, problems: problemsOf(verdict, context.faults, bytes, field, spanOf), attributes: context.attributes }
}

/** One NLRI at `at`, and where it ends; `undefined` where it cannot be read. */
export function readRoute(bytes: Uint8Array, at: number, family: Family): { readonly prefix: string; readonly end: number } | undefined {
  const read = readerOf(family)
  if (read === undefined) return undefined
  const scope = new Scope(new Reader(bytes, at))
  try {
    const { rd, prefix } = read(scope, family)
    return { prefix: rd === undefined ? prefix : `${rd} ${prefix}`, end: scope.at }
  } catch (error) {
    if (error instanceof Truncated || error instanceof BadNlri) return undefined
    throw error
  }
}
