/** Fields that a kind does not have. Kubernetes' servers drop them; here they are refused, since what a typing error leads to is what one comes to see. */
import { isMapping, nearest } from '../../../model/index.ts'
import type { ResourceType } from '../objects.ts'
import type { ApiSchema } from './schema.ts'
import { schemaOf } from './schemas.ts'

/** `unknown field "spec.floatingIP", did you mean "floatingIPs"?`, one for each. */
export function unknownFields(type: ResourceType, object: unknown): readonly string[] {
  const schema = schemaOf(type)
  return schema === undefined ? [] : unknownIn(schema, object, '')
}

function unknownIn({ properties, items }: ApiSchema, value: unknown, path: string): string[] {
  if (Array.isArray(value)) return items === undefined ? [] : value.flatMap((each, index) => unknownIn(items, each, `${path}[${index}]`))
  if (properties === undefined || !isMapping(value)) return []
  return Object.entries(value).flatMap(([key, each]) => {
    const at = path === '' ? key : `${path}.${key}`
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property !== undefined) return unknownIn(property, each, at)
    const meant = nearest(key, Object.keys(properties))
    return [`unknown field ${JSON.stringify(at)}${meant === undefined ? '' : `, did you mean ${JSON.stringify(meant)}?`}`]
  })
}
