/** Why a session is not Established, in the words of someone who would look into it. */

export interface Trouble {
  /** The FSM's reason (R40 words). */
  readonly reason: string
  /** What the code below knew more of: the kernel's message, the decoder's finding. */
  readonly detail?: string
}

export interface Ends {
  readonly localAddress: string
  readonly peerAddress: string
  readonly port: number
}

export function diagnose({ reason, detail }: Trouble, { localAddress, peerAddress, port }: Ends): string {
  const peer = `${peerAddress}:${port}`
  switch (reason) {
    case 'connection-refused':
      return `${peer} refuses connections: nothing listens there, or it does not know ${localAddress}`
    case 'connection-timeout':
      return `no answer from ${peer} to ${localAddress}`
    case 'connection-unreachable':
      return `no route from ${localAddress} to ${peerAddress}`
    case 'address-not-local':
      return `this host does not hold ${localAddress}`
    case 'connection-closed':
      return `${peer} closed the connection without a NOTIFICATION: it may not have ${localAddress} configured, or still hold an older session of it`
    case 'connection-reset':
      return `${peer} reset the connection`
    case 'hold-timer-expired':
      return `hold timer expired: nothing was heard from ${peerAddress}`
    case 'admin-down':
      return 'stopped by us'
    case 'connection-collision':
      return 'closed in favour of another connection with the same peer'
    default:
      return detail === undefined ? reason : `${reason}: ${detail}`
  }
}
