/** What kind of document this is, and whether its head (apiVersion, kind, metadata) is in order. */

import type { Diagnostic } from '../../model/index.ts'
import { isMapping, nearest, type Place, placeIn, type YamlDocument } from '../../model/index.ts'
import { asLabel, DNS_LABEL } from './names.ts'
import { GATEWAY_ANNOTATION, KINDS, type Kind } from './schemas.ts'

export interface Identified {
  readonly document: YamlDocument
  readonly kind: Kind
  readonly name: string | undefined
  readonly namespace: string | undefined
  readonly labels: Readonly<Record<string, unknown>>
  readonly annotations: Readonly<Record<string, unknown>>
  /** Reports at the document's root. */
  readonly place: Place
}

const METADATA_FIELDS = ['name', 'namespace', 'labels', 'annotations']

/** `undefined` for kinds that are none of ours, and for heads too wrong to go on with (then there is a diagnostic). */
export function identify(document: YamlDocument, sink: (d: Diagnostic) => void): Identified | undefined {
  const place = placeIn(document, [], sink)
  const value = document.value
  if (!isMapping(value)) {
    place.report({
      code: 'not-a-resource',
      message: 'is not a Kubernetes resource: expected a mapping with apiVersion, kind, metadata, spec',
    })
    return undefined
  }
  const kind = kindOf(document, value, place)
  if (kind === undefined) return undefined
  const metadata = isMapping(value.metadata) ? value.metadata : {}
  const outside = rootFields(value, kind, place)
  checkTexts(metadata, place.child('metadata'))
  return {
    document,
    kind,
    name: nameOf(metadata, value, kind, place, outside),
    namespace: text(metadata.namespace) ?? (outside ? text(value.namespace) : undefined),
    labels: isMapping(metadata.labels) ? metadata.labels : {},
    annotations: isMapping(metadata.annotations) ? metadata.annotations : {},
    place,
  }
}

function kindOf(document: YamlDocument, value: Record<string, unknown>, place: Place): Kind | undefined {
  const { apiVersion, kind } = value
  if (apiVersion === undefined && kind === undefined) {
    // The first document of a customer's file may hold the paths of keys and nothing else.
    const isHeader = document.index === 0 && value.metadata === undefined && value.spec === undefined
    if (!isHeader) place.report({ code: 'not-a-resource', message: '`apiVersion` and `kind` are missing' })
    return undefined
  }
  const named = KINDS.filter((each) => each.kind === kind)
  const exact = named.find((each) => each.apiVersion === apiVersion)
  if (exact !== undefined) return exact
  if (kind === undefined || kind === null) {
    place.report({ code: 'missing', message: '`kind` is missing' })
  } else if (named.length > 0) {
    const versions = named.map((each) => each.apiVersion)
    // Many APIs have a Cluster; only one of ours, mistyped, is worth a word.
    const meant = typeof apiVersion === 'string' ? (nearest(apiVersion, versions) ?? sameGroup(apiVersion, versions)) : versions[0]
    if (meant === undefined) return undefined
    const at = apiVersion === undefined ? place : place.child('apiVersion')
    at.report({
      code: 'bad-api-version',
      message: `${kind} has apiVersion ${versions.join(' or ')}`,
      suggestion: `did you mean ${meant}?`,
    })
    return named.find((each) => each.apiVersion === meant)
  } else {
    const meant = nearest(String(kind), new Set(KINDS.map((each) => each.kind)))
    if (meant !== undefined && mayBeOurs(apiVersion)) {
      place.child('kind').report({ code: 'unknown-kind', message: `unknown kind ${kind}`, suggestion: `did you mean ${meant}?` })
    }
  }
  return undefined
}

/** The gateway's own annotation is judged by what it means. */
function checkTexts(metadata: Record<string, unknown>, place: Place): void {
  for (const field of ['labels', 'annotations'])
    for (const [key, value] of Object.entries(isMapping(metadata[field]) ? metadata[field] : {}))
      if (typeof value !== 'string' && key !== GATEWAY_ANNOTATION)
        place
          .child(field)
          .child(key)
          .report({
            code: 'not-a-string',
            message: `must be a string, not the ${value === null ? 'null' : typeof value} ${JSON.stringify(value)}: Kubernetes refuses the resource`,
            suggestion: `write ${key}: "${String(value)}"`,
          })
}

/** Other makers' APIs have kinds of these names too; a group that is left out or mistyped is none of theirs, and Kubernetes' own has no such kind. */
function mayBeOurs(apiVersion: unknown): boolean {
  if (typeof apiVersion !== 'string' || apiVersion === 'v1') return true
  const groups = KINDS.map((each) => each.apiVersion.split('/')[0]!)
  return nearest(apiVersion.split('/')[0]!, groups) !== undefined
}

function sameGroup(apiVersion: string, versions: readonly string[]): string | undefined {
  return versions.find((each) => each.split('/')[0] === apiVersion.split('/')[0])
}

/** Reports what stands at the root and belongs elsewhere; true where that is the resource's name. */
function rootFields(value: Record<string, unknown>, kind: Kind, place: Place): boolean {
  let outside = false
  for (const name of Object.keys(value)) {
    if (['apiVersion', 'kind', 'metadata', 'spec', 'status'].includes(name)) continue
    const at = place.child(name)
    if (METADATA_FIELDS.includes(name)) {
      outside ||= name === 'name'
      const message = `\`${name}\` stands outside \`metadata\`: the resource has no ${name} there`
      at.report({ code: 'outside-metadata', message, suggestion: `indent it under metadata: (metadata.${name})`, onKey: true })
    } else if (kind.fields.includes(name)) {
      at.report({ code: 'outside-spec', message: `\`${name}\` stands outside \`spec\``, suggestion: 'indent it under spec:', onKey: true })
    } else {
      const meant = nearest(name, ['metadata', 'spec'])
      at.report({
        code: 'unknown-field',
        message: 'unknown field',
        suggestion: meant === undefined ? 'known here: apiVersion, kind, metadata, spec; is it indented?' : `did you mean ${meant}?`,
        onKey: true,
      })
    }
  }
  return outside
}

function nameOf(
  metadata: Record<string, unknown>,
  value: Record<string, unknown>,
  kind: Kind,
  place: Place,
  outside: boolean,
): string | undefined {
  const name = text(metadata.name) ?? (outside ? text(value.name) : undefined)
  const at = place.child('metadata').child('name')
  if (name === undefined) {
    if (metadata.name !== undefined && metadata.name !== null) at.report({ code: 'wrong-type', message: 'expected a string' })
    else if (!outside) {
      const at = value.metadata === undefined ? place : place.child('metadata')
      at.report({ code: 'missing', message: 'the resource has no name', suggestion: `add metadata.name: ${kind.name ?? 'NAME'}` })
    }
  } else if (kind.name !== undefined && name !== kind.name) {
    at.report({ code: 'bad-name', message: `a ${kind.kind} is named ${kind.name}, not ${name}`, suggestion: `write name: ${kind.name}` })
  } else if (kind.kind === 'Cluster' && !DNS_LABEL.test(name)) {
    // Its namespace is named after it (R28).
    const message = `${JSON.stringify(name)} is no name for a Cluster: it has a–z, 0–9 and -, at most 63, with a letter or digit at both ends (RFC 1123)`
    const label = asLabel(name)
    at.report({ code: 'bad-name', message, suggestion: label === undefined ? undefined : `did you mean ${label}?` })
  }
  return name
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
