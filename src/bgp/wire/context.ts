/** What both ends agreed on in their OPENs, as far as the encoding of later messages depends on it. */
export interface CodecContext {
  /** AS numbers in AS_PATH and AGGREGATOR take four octets (RFC 6793), else two. */
  readonly fourOctetAs: boolean
  /** NLRI of IPv4 unicast carry a path identifier (RFC 7911 §3) in the direction that is being coded. */
  readonly addPath: boolean
  /** IPv6 unicast was negotiated, so its NLRI are read, with path identifiers or without. Absent, they stay bytes like any other family's. */
  readonly ipv6?: { readonly addPath: boolean }
  /** Octets that one message may have (RFC 8654); 4096 where absent. */
  readonly maxMessageSize?: number
}

export const PLAIN: CodecContext = { fourOctetAs: true, addPath: false }
