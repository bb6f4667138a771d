import { X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { request } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loopbackCertificate } from '../../../../src/engine/docker/access/certificate.ts'
import { type ApiProxy, startProxy } from '../../../../src/engine/docker/access/proxy.ts'

const certificate = loopbackCertificate()
const token = 'the-token'
let api: Server
let proxy: ApiProxy
let reachable: boolean
const heard: IncomingMessage[] = []

beforeEach(async () => {
  heard.length = 0
  reachable = true
  api = createServer((incoming, response) => {
    heard.push(incoming)
    if (incoming.url === '/watch') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
    } else incoming.pipe(response.writeHead(201, { 'content-type': 'text/plain' }))
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  proxy = await startProxy({
    certificate,
    token,
    open: async () => {
      if (!reachable) throw new Error('admin has no power')
      return connect((api.address() as AddressInfo).port, '127.0.0.1')
    },
  })
})
afterEach(() => {
  proxy.close()
  api.close()
  api.closeAllConnections()
})

function ask(path: string, headers: Record<string, string>, body = ''): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(proxy.url + path, { ca: certificate.certificate, headers, method: 'POST', agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

describe("the way to a lab's API", () => {
  it('has a certificate for 127.0.0.1 that signs itself', () => {
    const parsed = new X509Certificate(certificate.certificate)
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    expect([parsed.checkIP('127.0.0.1'), parsed.checkIP('127.0.0.2'), parsed.ca]).toEqual(['127.0.0.1', undefined, true])
    expect(new Date(parsed.validFrom).getTime()).toBeLessThan(Date.now())
  })

  it('is on loopback alone', () => {
    expect(proxy.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  })

  it.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['another token', { authorization: 'Bearer the-tokem' }],
    ['a part of it', { authorization: 'Bearer the-toke' }],
    ['another scheme', { authorization: 'Basic the-token' }],
  ])('refuses %s as Kubernetes does, and asks nothing of the lab', async (_, headers) => {
    const { status, text } = await ask('/api', headers)
    expect(status).toBe(401)
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Unauthorized', code: 401 })
    expect(heard).toEqual([])
  })

  it('passes a request on as it is, save the token', async () => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json;as=Table',
      'content-type': 'application/merge-patch+json',
    }
    expect(await ask('/api/v1/nodes?watch=0', headers, 'a body')).toEqual({ status: 201, text: 'a body' })
    expect(heard[0]).toMatchObject({ method: 'POST', url: '/api/v1/nodes?watch=0' })
    expect(heard[0]!.headers).toMatchObject({ accept: headers.accept, 'content-type': headers['content-type'] })
    expect(heard[0]!.headers.authorization).toBeUndefined()
  })

  it('says in the words of Kubernetes that the API cannot be reached', async () => {
    reachable = false
    const { status, text } = await ask('/api', { authorization: `Bearer ${token}` })
    expect([status, JSON.parse(text).reason, JSON.parse(text).message]).toEqual([
      503,
      'ServiceUnavailable',
      expect.stringContaining('admin has no power'),
    ])
  })

  it('ends a watch when its client goes away', async () => {
    const headers = { authorization: `Bearer ${token}` }
    const asked = request(`${proxy.url}/watch`, { ca: certificate.certificate, headers, agent: false })
    asked.on('error', () => undefined)
    // The head comes at once, although the watch has said nothing.
    await new Promise((resolve) => asked.on('response', resolve).end())
    const ended = new Promise((resolve) => heard[0]!.socket.on('close', resolve))
    asked.destroy()
    await ended
  })
})
