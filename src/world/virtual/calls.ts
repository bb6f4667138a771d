import { formatDuration } from '../../model/index.ts'
import type {
  Call,
  CallEvent,
  CallRequest,
  Calls,
  Clock,
  Connection,
  ConnectionEvent,
  Endpoint,
  Listener,
  ServerEvent,
  Transport,
} from '../ports.ts'
import { encodeMessage, MessageReader } from './framing.ts'

/** What a caller sends first, and the only thing that it sends. */
interface Question {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** What a server answers: one whole answer, or the head of a stream and then its messages. */
type Answer =
  | { readonly type: 'reply'; readonly status: number; readonly body?: unknown }
  | { readonly type: 'bytes'; readonly status: number; readonly contentType: string; readonly length: number }
  | { readonly type: 'stream' }
  | { readonly type: 'message'; readonly body?: unknown }
  | { readonly type: 'end' }

/** Calls over the in-memory connections, so that a call fails as its connection does: cut off, refused, reset. One connection a call. */
export function virtualCalls(transport: Transport, clock: Clock): Calls {
  return {
    request: (request, sink) => requestOver(transport, clock, request, sink),
    serve: (local, sink) => serveOver(transport, local, sink),
  }
}

function requestOver(transport: Transport, clock: Clock, request: CallRequest, sink: (event: CallEvent) => void): Call {
  const reader = new MessageReader()
  let over = false
  const finish = (event?: CallEvent): void => {
    if (over) return
    over = true
    timer.stop()
    connection.close()
    if (event) sink(event)
  }
  const timer = clock.timer(`call ${request.method} ${request.path}`, () =>
    finish({
      type: 'failed',
      reason: 'timeout',
      detail: `no answer to ${request.method} ${request.path} within ${formatDuration(request.timeout)}`,
    }),
  )
  const answered = (answer: Answer): void => {
    timer.stop()
    if (answer.type === 'reply') {
      if (!request.watch || answer.status !== 200) finish({ type: 'reply', status: answer.status, body: answer.body })
      else {
        sink({ type: 'message', body: answer.body })
        finish({ type: 'ended' })
      }
    } else if (answer.type === 'bytes') {
      const { status, contentType, length } = answer
      finish({ type: 'failed', reason: 'malformed', detail: `the answer (${status}) is not JSON: ${length} bytes of ${contentType}` })
    } else if (!request.watch) {
      finish({ type: 'failed', reason: 'malformed', detail: `${request.path} answered with a stream, and no watch was asked for` })
    } else if (answer.type === 'message') sink({ type: 'message', body: answer.body })
    else if (answer.type === 'end') finish({ type: 'ended' })
  }
  const onEvent = (event: ConnectionEvent): void => {
    if (over) return
    if (event.type === 'connected') {
      const { method, path, body } = request
      const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...request.headers }
      connection.send(encodeMessage({ method, path, body, headers } satisfies Question))
    } else if (event.type === 'failed') finish({ type: 'failed', reason: event.reason, detail: event.detail })
    else if (event.type === 'closed') {
      finish({ type: 'failed', reason: event.reason, detail: `the connection ended before the answer to ${request.path} did` })
    } else if (event.type === 'data') {
      for (const answer of reader.push(event.data)) {
        answered(answer as Answer)
        if (over) return
      }
    }
  }
  const { localAddress } = request
  const connection: Connection = transport.connect(
    { remote: request.server, timeout: request.timeout, ...(localAddress === undefined ? {} : { localAddress }) },
    onEvent,
  )
  timer.start(request.timeout)
  return { cancel: () => finish() }
}

function serveOver(transport: Transport, local: Endpoint, sink: (event: ServerEvent) => void): Listener {
  return transport.listen(local, (event) => {
    if (event.type !== 'connection') {
      sink(event)
      return
    }
    const reader = new MessageReader()
    let state: 'asking' | 'answering' | 'streaming' | 'over' = 'asking'
    let onClose: (() => void) | undefined
    const connection = event.accept((incoming) => {
      if (incoming.type === 'data' && state === 'asking') {
        const question = reader.push(incoming.data)[0] as Question | undefined
        // A complaint, as an HTTP server's to what is no HTTP.
        if (reader.malformed) {
          state = 'over'
          put({ type: 'reply', status: 400, body: 'this is no call' })
          connection.close()
        }
        if (!question || reader.malformed) return
        state = 'answering'
        sink({
          type: 'request',
          request: { ...question, body: question.body, remote: event.remote, reply, replyBytes, stream },
        })
      } else if (incoming.type === 'closed') {
        const streaming = state === 'streaming'
        state = 'over'
        if (streaming) onClose?.()
      }
    })
    const put = (answer: Answer): void => void connection.send(encodeMessage(answer))
    const take = (next: 'streaming' | 'over'): boolean => {
      if (state === 'over') return false
      if (state !== 'answering') throw new Error('a request is answered once')
      state = next
      return true
    }
    const reply = (status: number, body: unknown): void => {
      if (!take('over')) return
      put({ type: 'reply', status, body })
      connection.close()
    }
    const replyBytes = (status: number, contentType: string, bytes: Uint8Array): void => {
      if (!take('over')) return
      put({ type: 'bytes', status, contentType, length: bytes.length })
      connection.close()
    }
    const stream = (closed: () => void) => {
      onClose = closed
      if (take('streaming')) put({ type: 'stream' })
      return {
        send: (body: unknown) => {
          if (state === 'streaming') put({ type: 'message', body })
        },
        end: () => {
          if (state !== 'streaming') return
          state = 'over'
          put({ type: 'end' })
          connection.close()
        },
      }
    }
  })
}
