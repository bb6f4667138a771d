/** The cluster as its owner works with it: its resources, looked at and edited through the resource API while it runs (R30). */
import { objectPath, RESOURCE_TYPES, type ResourceType, SERVICE, SYSTEM_NAMESPACE } from '../cluster/api/index.ts'
import type { ApiReply, Lab } from '../engine/lab.ts'
import { isMapping, nearest, type ResourceObject, readDocuments } from '../model/index.ts'
import { ScenarioError } from './errors.ts'
import { resourceEdit } from './faults/index.ts'
import type { Injected, Run } from './run.ts'
import type { Tracked } from './tracked.ts'

/** An edit's moment, as `since` takes it. */
export interface Edited extends Injected {
  /** As it was stored; absent where it was deleted, or where a negative control left the edit out. */
  readonly object?: ResourceObject
}

/** One object of the resource API. */
export interface ResourceName {
  readonly kind: string
  readonly name: string
  /** The cluster's own where absent; `default` for a Service, and the system's for what controllers write. */
  readonly namespace?: string
}

export class ResourceHandle {
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  /** Where the API has it. */
  readonly path: string

  constructor(lab: Pick<Lab, 'plan'>, { kind, name, namespace }: ResourceName) {
    const type = typeOf(kind)
    this.kind = kind
    this.name = name
    this.namespace = namespace ?? namespaceOf(type, lab.plan.cluster.namespace)
    this.path = objectPath(type, name, this.namespace)
  }

  get text(): string {
    return `${this.kind} ${this.namespace === undefined ? '' : `${this.namespace}/`}${this.name}`
  }
}

export class ClusterHandle {
  readonly run: Run

  constructor(run: Run) {
    this.run = run
  }

  /** For `expect`: `lab.cluster.resource('BGPSession', '10.8.0.10-node-04')`. An unknown kind throws, and says which there are. */
  resource(kind: string, name: string, namespace?: string): ResourceHandle {
    return new ResourceHandle(this.run.lab, { kind, name, ...(namespace !== undefined && { namespace }) })
  }

  /** As it is now; `undefined` where there is none. */
  read(kind: string, name: string, namespace?: string): Tracked<ResourceObject | undefined> {
    const resource = this.resource(kind, name, namespace)
    return this.run.track(`read of ${resource.text}`, () => readResource(this.run.lab, resource))
  }

  /** Changes what the patch names (RFC 7396: `null` removes). An edit that the API refuses ends the scenario, with its words. */
  edit(kind: string, name: string, patch: unknown, namespace?: string): Tracked<Edited> {
    const resource = this.resource(kind, name, namespace)
    return this.#change('edit', resource, () => this.#ask(resource, patchOf(resource, patch)))
  }

  /** Creates what one document of YAML describes, or makes it so. */
  apply(text: string): Tracked<Edited> {
    const { documents, diagnostics } = readDocuments('applied', text)
    const [document] = documents
    const value = document?.value
    if (documents.length !== 1 || diagnostics.length > 0 || !isMapping(value) || !isMapping(value.metadata))
      throw new ScenarioError(
        `apply() takes one document with a kind and metadata; ${diagnostics[0]?.message ?? `there are ${documents.length}`}`,
      )
    const { kind, metadata } = value
    const { name, namespace } = metadata
    const resource = this.resource(String(kind), String(name), typeof namespace === 'string' ? namespace : undefined)
    const body = { ...value, metadata: { ...metadata, namespace: resource.namespace } }
    const path = `${resource.path}?fieldManager=scenario&force=true`
    return this.#change('apply', resource, () =>
      this.#ask(resource, { method: 'PATCH', path, contentType: 'application/apply-patch+yaml', body }),
    )
  }

  delete(kind: string, name: string, namespace?: string): Tracked<Edited> {
    const resource = this.resource(kind, name, namespace)
    return this.#change('delete', resource, async () => {
      const { at } = await this.#ask(resource, { method: 'DELETE', path: resource.path })
      return { at }
    })
  }

  #change(verb: string, resource: ResourceHandle, ask: () => Promise<Omit<Edited, 'device'>>): Tracked<Edited> {
    const { run } = this
    let object: ResourceObject | undefined
    const fault = resourceEdit(run.lab, `${verb} ${resource.text}`, async () => {
      const edited = await ask()
      object = edited.object
      return edited.at
    })
    const injected = run.inject(fault)
    return run.track(`${verb} of ${resource.text}`, async () => ({ ...(await injected), ...(object !== undefined && { object }) }))
  }

  async #ask(resource: ResourceHandle, request: Parameters<Lab['api']['request']>[0]): Promise<{ at: number; object: ResourceObject }> {
    const reply = await this.run.lab.api.request(request)
    if (!succeeded(reply)) throw new ScenarioError(`${resource.text}: the API refused: ${reply.status} ${messageOf(reply)}`)
    return { at: reply.at, object: reply.body as ResourceObject }
  }
}

export function patchOf(resource: ResourceHandle, body: unknown) {
  return { method: 'PATCH', path: resource.path, contentType: 'application/merge-patch+json', body } as const
}

export async function readResource(
  lab: Pick<Lab, 'api'>,
  { path, text }: Pick<ResourceHandle, 'path' | 'text'>,
): Promise<ResourceObject | undefined> {
  const reply = await lab.api.request({ method: 'GET', path })
  if (reply.status === 404) return undefined
  if (!succeeded(reply)) throw new ScenarioError(`${text} cannot be read: ${reply.status} ${messageOf(reply)}`)
  return reply.body as ResourceObject
}

export function succeeded({ status }: ApiReply): boolean {
  return status >= 200 && status < 300
}

/** A Kubernetes `Status`'s own words. */
export function messageOf({ body }: ApiReply): string {
  return isMapping(body) && typeof body.message === 'string' ? body.message : JSON.stringify(body)
}

/** The fields that a refusal names. */
export function fieldsOf({ body }: ApiReply): string[] {
  const details = isMapping(body) ? body.details : undefined
  const causes = isMapping(details) && Array.isArray(details.causes) ? details.causes : []
  return causes.flatMap((cause: unknown) => (isMapping(cause) && typeof cause.field === 'string' ? [cause.field] : []))
}

function typeOf(kind: string): ResourceType {
  const type = RESOURCE_TYPES.find((each) => each.kind === kind)
  if (type !== undefined) return type
  const kinds = RESOURCE_TYPES.map((each) => each.kind)
  const near = nearest(kind, kinds)
  throw new ScenarioError(`there is no kind ${kind}; there are ${kinds.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`)
}

const SYSTEM_KINDS: readonly string[] = ['BGPSession', 'BGPAdvertisedRoute', 'FloatingIP']

function namespaceOf(type: ResourceType, own: string): string | undefined {
  if (!type.namespaced) return undefined
  if (type === (SERVICE as ResourceType)) return 'default'
  return SYSTEM_KINDS.includes(type.kind) ? SYSTEM_NAMESPACE : own
}
