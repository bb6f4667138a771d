/** What both ends agreed on in their OPENs, as far as the encoding of later messages depends on it. */
export interface CodecContext {
  /** AS numbers in AS_PATH and AGGREGATOR take four octets (RFC 6793), else two. */
  readonly fourOctetAs: boolean
  /** NLRI of IPv4 unicast carry a path identifier (RFC 7911 §3) in the direction that is being coded. */
  readonly addPath: boolean
}

export const PLAIN: CodecContext = { fourOctetAs: true, addPath: false }
