/** Answers that are no objects, as Kubernetes has them: `Status`, with a reason that its clients know. */
import type { ApiError, ApiErrorCode } from './objects.ts'

const REASONS: Readonly<Record<ApiErrorCode, string>> = {
  'not-found': 'NotFound',
  'already-exists': 'AlreadyExists',
  conflict: 'Conflict',
  gone: 'Expired',
  'bad-request': 'BadRequest',
  invalid: 'Invalid',
  forbidden: 'Forbidden',
  'method-not-allowed': 'MethodNotAllowed',
  'unsupported-media-type': 'UnsupportedMediaType',
  unavailable: 'ServiceUnavailable',
}

export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Readonly<Record<string, never>>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly code?: number
}

const HEAD = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const

export function statusOf({ code, status, message, causes, about }: ApiError): Status {
  const details = {
    ...(about?.name === undefined ? {} : { name: about.name }),
    // Kubernetes puts the plural here, and the kind's own name only where fields are at fault.
    ...(about === undefined ? {} : { group: about.type.group, kind: causes === undefined ? about.type.plural : about.type.kind }),
    ...(causes === undefined ? {} : { causes }),
  }
  return { ...HEAD, status: 'Failure', message, reason: REASONS[code], details, code: status }
}

/** What a deletion is answered with. */
export function deletedStatus(
  type: NonNullable<ApiError['about']>['type'],
  object: { readonly metadata: { readonly name: string; readonly uid: string } },
): Status {
  const { name, uid } = object.metadata
  return { ...HEAD, status: 'Success', details: { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.plural, uid } }
}

/** The code behind a `Status`' reason; `undefined` for a reason that is none of ours. */
export function codeOfReason(reason: string | undefined): ApiErrorCode | undefined {
  return (Object.keys(REASONS) as ApiErrorCode[]).find((code) => REASONS[code] === reason)
}
