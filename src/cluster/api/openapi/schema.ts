/** The part of OpenAPI 2.0 that is used here, and the means to write it. An object without `properties` takes anything. */
export interface ApiSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly description?: string
  /** `int-or-string`, which clients take for either. */
  readonly format?: 'int-or-string'
  readonly properties?: Readonly<Record<string, ApiSchema>>
  /** Of every value of a mapping with free keys. */
  readonly values?: ApiSchema
  readonly required?: readonly string[]
  readonly items?: ApiSchema
  /** The key by which strategic merge patches tell a list's items apart. */
  readonly mergeKey?: string
}

export const text = (description: string): ApiSchema => ({ type: 'string', description })
export const number = (description: string): ApiSchema => ({ type: 'integer', description })
export const yesOrNo = (description: string): ApiSchema => ({ type: 'boolean', description })
export const list = (description: string, items: ApiSchema): ApiSchema => ({ type: 'array', description, items })
export const object = (
  description: string,
  properties: Readonly<Record<string, ApiSchema>>,
  required: readonly string[] = [],
): ApiSchema => ({
  type: 'object',
  description,
  properties,
  ...(required.length === 0 ? {} : { required }),
})
export const anything = (description: string): ApiSchema => ({ type: 'object', description })
export const texts = (description: string): ApiSchema => ({ type: 'object', description, values: { type: 'string' } })

/** ObjectMeta: what clients send, and what they send back. */
export const metadata = object('Name, namespace, labels, annotations.', {
  name: text('Its name; with the namespace it tells the object from all others of its kind.'),
  namespace: text('Where it is.'),
  labels: texts('By which selectors choose.'),
  annotations: texts('Notes that nothing chooses by.'),
  uid: text('The server’s.'),
  resourceVersion: text('The server’s; an update that names another is refused (conflict).'),
  generation: number('Counts changes of the spec.'),
  creationTimestamp: text('RFC 3339, UTC.'),
  generateName: text('Not supported.'),
  selfLink: text('Not supported.'),
  deletionTimestamp: text('Not supported: deletion is at once.'),
  deletionGracePeriodSeconds: number('Not supported: deletion is at once.'),
  finalizers: list('Not supported.', text('')),
  ownerReferences: list('Not supported.', anything('')),
  managedFields: list('Not supported.', anything('')),
  clusterName: text('Not supported.'),
})
