/** `/openapi/v2`: for kubectl as a protocol buffer (gnostic's `openapi.v2.Document`), for everybody else as JSON. */
import type { ResourceType } from '../objects.ts'
import { collectionPath } from '../paths.ts'
import { ProtoWriter } from './proto.ts'
import type { ApiSchema } from './schema.ts'
import { definitionName, schemaOf } from './schemas.ts'

/** What kubectl accepts, by the part that its versions agree on: between name and version they write `@` or `.`. */
export const PROTOBUF = 'application/com.github.proto-openapi.spec.v2'

const INFO = { title: 'peerlab', version: 'v1' }
const GROUP_VERSION_KIND = 'x-kubernetes-group-version-kind'

export function openApiJson(types: readonly ResourceType[]): unknown {
  const definitions = described(types).map(({ type, schema }) => {
    return [definitionName(type), { ...asJson(schema), [GROUP_VERSION_KIND]: [kindOf(type)] }]
  })
  return { swagger: '2.0', info: INFO, paths: {}, definitions: Object.fromEntries(definitions) }
}

function asJson({ properties, values, items, mergeKey, ...rest }: ApiSchema): Readonly<Record<string, unknown>> {
  const all = Object.entries(properties ?? {}).map(([name, property]) => [name, asJson(property)])
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(all) }),
    ...(values === undefined ? {} : { additionalProperties: asJson(values) }),
    ...(items === undefined ? {} : { items: asJson(items) }),
    ...(mergeKey === undefined ? {} : { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': mergeKey }),
  }
}

/** Field numbers are those of gnostic's OpenAPIv2.proto. */
export function openApiProto(types: readonly ResourceType[]): Uint8Array {
  return new ProtoWriter()
    .text(1, '2.0')
    .message(2, (info) => info.text(1, INFO.title).text(2, INFO.version))
    .message(8, (paths) => {
      for (const type of types)
        paths.message(2, (path) =>
          path.text(1, collectionPath(type)).message(2, (item) => item.message(8, (patch) => writePatch(patch, type))),
        )
    })
    .message(9, (definitions) => {
      for (const { type, schema } of described(types)) {
        definitions.message(1, (named) => named.text(1, definitionName(type)).message(2, (one) => writeSchema(one, schema, type)))
      }
    })
    .bytes()
}

function kindOf({ group, version, kind }: ResourceType) {
  return { group, kind, version }
}

function described(types: readonly ResourceType[]) {
  return types.flatMap((type) => {
    const schema = schemaOf(type)
    return schema === undefined ? [] : [{ type, schema }]
  })
}

function writeSchema(writer: ProtoWriter, schema: ApiSchema, type?: ResourceType): void {
  const { description, format, required = [], items, properties, values, mergeKey } = schema
  if (format) writer.text(2, format)
  if (description) writer.text(4, description)
  for (const name of required) writer.text(19, name)
  if (values !== undefined) writer.message(21, (all) => all.message(1, (one) => writeSchema(one, values)))
  writer.message(22, (types) => types.text(1, schema.type))
  if (items !== undefined) writer.message(23, (item) => item.message(1, (one) => writeSchema(one, items)))
  if (properties !== undefined)
    writer.message(25, (all) => {
      for (const [name, property] of Object.entries(properties))
        all.message(1, (named) => named.text(1, name).message(2, (one) => writeSchema(one, property)))
    })
  if (mergeKey !== undefined) {
    writer.message(31, (extension) => writeExtension(extension, 'x-kubernetes-patch-strategy', 'merge'))
    writer.message(31, (extension) => writeExtension(extension, 'x-kubernetes-patch-merge-key', mergeKey))
  }
  if (type !== undefined) writer.message(31, (extension) => writeExtension(extension, GROUP_VERSION_KIND, [kindOf(type)]))
}

/** What kubectl looks for before it asks for a dry run: that PATCH of this kind takes the parameter. */
function writePatch(writer: ProtoWriter, type: ResourceType): void {
  writer.message(8, (item) =>
    item.message(1, (parameter) => parameter.message(2, (query) => query.message(3, (one) => one.text(3, 'query').text(4, 'dryRun')))),
  )
  writer.message(13, (extension) => writeExtension(extension, GROUP_VERSION_KIND, kindOf(type)))
}

/** An extension's value is YAML, so JSON: a schema has a list of kinds, a path one. */
function writeExtension(writer: ProtoWriter, name: string, content: unknown): void {
  writer.text(1, name).message(2, (value) => value.text(2, JSON.stringify(content)))
}
