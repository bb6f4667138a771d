/** One line of JSON for each item. Spans are `[first, behind the last]`, in octets of the message, or of the MRT record of a route. */
import type { CaptureTime, Place } from '../../bgp/capture/index.ts'
import { describeOptions, type Field, familyName, type Problem, toHex } from '../../bgp/dissect/index.ts'
import type { Told } from './told.ts'

export function jsonLine(file: string, told: Told): string {
  return `${JSON.stringify({ source: sourceOf(file, told.item.place), ...contentOf(told) })}\n`
}

function contentOf(told: Told): object {
  switch (told.kind) {
    case 'message': {
      const { type, length, open, update, notification, routeRefresh, fields, problems } = told.dissection
      const { missing, options, optionsKnown } = told.item
      return {
        type,
        length,
        ...(missing > 0 && { missing }),
        options: describeOptions(options),
        ...(!optionsKnown && { optionsAssumed: true }),
        ...(open !== undefined && { open }),
        ...(update !== undefined && { update }),
        ...(notification !== undefined && { notification }),
        ...(routeRefresh !== undefined && { routeRefresh }),
        fields: fields.map(fieldOf),
        ...errorsOf(problems),
        ...(told.hint !== undefined && { hint: told.hint }),
      }
    }
    case 'route': {
      const { family, prefix, pathId, peer, originated } = told.item
      const { field, problems, attributes } = told.entry
      return {
        type: 'RIB',
        family: familyName(family),
        prefix,
        ...(pathId !== undefined && { pathId }),
        ...(peer !== undefined && { peer }),
        originated: timeText(originated),
        attributes,
        fields: [fieldOf(field)],
        ...errorsOf(problems),
      }
    }
    case 'record':
      return { type: told.item.type, ...told.item.json }
    case 'gap': {
      const { reason, text, bytes, octets, malformed } = told.item
      const many = octets !== undefined && { octets }
      return { type: 'gap', reason, text, ...(malformed && { malformed }), ...many, ...(bytes !== undefined && { bytes: toHex(bytes) }) }
    }
  }
}

function fieldOf({ name, at, end, value, text, fields }: Field): object {
  return {
    name,
    span: [at, end],
    ...(value !== undefined && { value }),
    ...(text !== undefined && { text }),
    ...(fields !== undefined && { fields: fields.map(fieldOf) }),
  }
}

function errorsOf(problems: readonly Problem[]): object {
  if (problems.length === 0) return {}
  return { errors: problems.map(({ at, end, ...problem }) => ({ ...problem, span: [at, end] })) }
}

function sourceOf(file: string, { time, ...place }: Place): object {
  return { file, ...place, ...(time !== undefined && { time: timeText(time) }) }
}

/** RFC 3339, with as many digits of the second as the capture has. */
export function timeText({ seconds, nanoseconds, digits = 6 }: CaptureTime): string {
  const whole = new Date(seconds * 1000)
  // A capture may claim any number.
  if (Number.isNaN(whole.getTime())) return `${seconds} s`
  const fraction = digits === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').slice(0, digits)}`
  return whole.toISOString().replace(/\.\d+Z$/, `${fraction}Z`)
}
