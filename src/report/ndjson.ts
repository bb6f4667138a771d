import type { LabEvent } from '../model/index.ts'

/** One record of the event stream as a line of NDJSON, its newline included. */
export function ndjsonLine(event: LabEvent): string {
  return `${JSON.stringify(event)}\n`
}
