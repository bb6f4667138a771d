/** `/openapi/v2`: for kubectl as a protocol buffer (gnostic's `openapi.v2.Document`), for everybody else as JSON. */
import type { ResourceType } from '../objects.ts'
import { ProtoWriter } from './proto.ts'
import { type ApiSchema, definitionName, schemaOf } from './schemas.ts'

export const PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

const INFO = { title: 'peerlab', version: 'v1' }
const GROUP_VERSION_KIND = 'x-kubernetes-group-version-kind'

export function openApiJson(types: readonly ResourceType[]): unknown {
  const definitions = described(types).map(({ type, schema }) => {
    const { group, version, kind } = type
    return [definitionName(type), { ...schema, [GROUP_VERSION_KIND]: [{ group, kind, version }] }]
  })
  return { swagger: '2.0', info: INFO, paths: {}, definitions: Object.fromEntries(definitions) }
}

/** Field numbers are those of gnostic's OpenAPIv2.proto. */
export function openApiProto(types: readonly ResourceType[]): Uint8Array {
  return new ProtoWriter()
    .text(1, '2.0')
    .message(2, (info) => info.text(1, INFO.title).text(2, INFO.version))
    .message(8, () => {})
    .message(9, (definitions) => {
      for (const { type, schema } of described(types)) {
        definitions.message(1, (named) => named.text(1, definitionName(type)).message(2, (one) => writeSchema(one, schema, type)))
      }
    })
    .bytes()
}

function described(types: readonly ResourceType[]) {
  return types.flatMap((type) => {
    const schema = schemaOf(type)
    return schema === undefined ? [] : [{ type, schema }]
  })
}

function writeSchema(writer: ProtoWriter, schema: ApiSchema, type?: ResourceType): void {
  const { description, required = [], items, properties } = schema
  if (description) writer.text(4, description)
  for (const name of required) writer.text(19, name)
  writer.message(22, (types) => types.text(1, schema.type))
  if (items !== undefined) writer.message(23, (item) => item.message(1, (one) => writeSchema(one, items)))
  if (properties !== undefined)
    writer.message(25, (all) => {
      for (const [name, property] of Object.entries(properties))
        all.message(1, (named) => named.text(1, name).message(2, (one) => writeSchema(one, property)))
    })
  if (type === undefined) return
  // An extension's value is YAML.
  const yaml = `- group: ${type.group}\n  kind: ${type.kind}\n  version: ${type.version}\n`
  writer.message(31, (extension) => extension.text(1, GROUP_VERSION_KIND).message(2, (value) => value.text(2, yaml)))
}
