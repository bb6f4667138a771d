import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Channels } from '../../../../src/engine/docker/access/channels.ts'

/** Two ends whose frames arrive later, cut as a stream may cut them. */
function ends(piece = 7) {
  const opened: Duplex[] = []
  let frames = 0
  const carry = (to: () => Channels) => (frame: Buffer) => {
    frames++
    const copy = Buffer.from(frame)
    setImmediate(() => {
      for (let at = 0; at < copy.length; at += piece) to().received(copy.subarray(at, at + piece))
    })
  }
  const near: Channels = new Channels({ send: carry(() => far) })
  const far: Channels = new Channels({ send: carry(() => near), opened: (channel) => opened.push(channel) })
  return { near, far, opened, frames: () => frames }
}

/** Everything until its end, as base64; leaves the channel's other direction alone. */
function read(channel: Duplex): Promise<string> {
  const chunks: Buffer[] = []
  channel.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve) => channel.on('end', () => resolve(Buffer.concat(chunks).toString('base64'))))
}

async function nextTurns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('channels over one stream', () => {
  it('carry what is written at either end, each its own, until it ends', async () => {
    const { near, opened } = ends()
    const [a, b] = [near.open(), near.open()]
    a.end('first')
    b.end('second')
    await nextTurns()
    const [farA, farB] = opened as [Duplex, Duplex]
    farA.end('answer')
    farB.end()
    expect(await Promise.all([farA, farB, a, b].map(read))).toEqual(
      ['first', 'second', 'answer', ''].map((text) => Buffer.from(text).toString('base64')),
    )
  })

  it('let a slow reader hold up no other, and lose nothing of more than a window', async () => {
    const { near, opened } = ends(64 * 1024)
    const [slow, quick] = [near.open(), near.open()]
    const much = randomBytes(1024 * 1024)
    slow.end(much)
    quick.end('there')
    await nextTurns()
    const [farSlow, farQuick] = opened as [Duplex, Duplex]
    expect(await read(farQuick)).toBe(Buffer.from('there').toString('base64'))
    expect(slow.writableFinished).toBe(false)
    expect(farSlow.readableLength).toBeLessThanOrEqual(256 * 1024)
    expect(await read(farSlow)).toBe(much.toString('base64'))
  })

  it('hand on why the other end closed, and lose nothing where it closed without a reason', async () => {
    const { near, opened } = ends()
    const [refused, done] = [near.open(), near.open()]
    await nextTurns()
    const [farRefused, farDone] = opened as [Duplex, Duplex]
    farRefused.on('error', () => undefined)
    const why = new Promise((resolve) => refused.once('error', (error) => resolve(error.message)))
    farRefused.destroy(new Error('connection refused'))
    farDone.write('last words')
    farDone.destroy()
    expect(await why).toBe('connection refused')
    expect(await read(done)).toBe(Buffer.from('last words').toString('base64'))
  })

  it('all end with their stream', async () => {
    const { near } = ends()
    const channel = near.open()
    const why = new Promise((resolve) => channel.once('error', (error) => resolve(error.message)))
    near.closeAll('the device lost power')
    expect(await why).toBe('the device lost power')
  })
})
