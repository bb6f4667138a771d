/** What the program in the container and the test outside agree on. */

export const NODE = '10.0.1.100'
export const ROUTER = '10.8.0.10'
export const ASN = 65001
export const PEER_ASN = 65002
export const VIPS = ['10.0.0.1', '10.0.0.2']

export type Run = (command: string, ...args: string[]) => Promise<string>

/** One kind of daemon: how to start, read and poke it. */
export interface Daemon {
  files(addPath: boolean): Readonly<Record<string, string>>
  readonly commands: readonly (readonly string[])[]
  ready(run: Run): Promise<boolean>
  /** What its configuration file cannot say. */
  prepare(run: Run): Promise<void>
  /** `next-hop path-ID` of each path of ours, sorted by ID; `-` for none. */
  paths(run: Run, prefix: string): Promise<string[]>
  /** Whether it sends ROUTE-REFRESH at all. */
  readonly asksAgain: boolean
  /** Asks us for all routes again. */
  refresh(run: Run): Promise<void>
  /** A hard reset of the session. */
  reset(run: Run): Promise<void>
  /** Log lines of NOTIFICATIONs that it received from us. */
  notifications(run: Run): Promise<string[]>
}

export interface Findings {
  readonly negotiated: { readonly holdTimeSeconds: number; readonly addPath: { readonly send: boolean; readonly receive: boolean } }
  readonly states: readonly string[]
  readonly three: readonly string[]
  readonly two: readonly string[]
  readonly received: readonly string[]
  readonly echoed: readonly string[]
  readonly refreshed: readonly string[]
  readonly resetReason: string
  readonly afterReset: readonly string[]
  readonly longer: number
  readonly gone: readonly string[]
  readonly goneAfterMs: number
  readonly notifications: readonly string[]
  readonly errors: readonly string[]
}
