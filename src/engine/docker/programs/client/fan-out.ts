/** Many short UDP flows, each one datagram from a port of its own. */
import type { FanOutEnd, FanOutStart } from '../../traffic-requests.ts'
import { openUdp } from './carriers.ts'
import type { Carrier } from './probe.ts'

const ATTEMPTS = 4
const ATTEMPT_MS = 500
/** So many at a time, so that no queue on the way overflows. */
const AT_ONCE = 50

/** A datagram without an answer is sent again from the same port, so it takes the same way. */
export async function fanOut(start: FanOutStart, read: (text: string) => { readonly node: string } | undefined): Promise<FanOutEnd> {
  const flows: { readonly sourcePort: number; readonly node: string | null }[] = []
  let left = start.flows
  const worker = async () => {
    while (left > 0) {
      left--
      flows.push(await one(start, read))
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, start.flows) }, worker))
  return { flows }
}

async function one(start: FanOutStart, read: (text: string) => { readonly node: string } | undefined) {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const carrier: Carrier = await openUdp(start, { answer: (text) => resolve(read(text)?.node ?? null), reset: () => undefined })
  let attempt = 1
  carrier.send('fan-out')
  const timer = setInterval(() => {
    if (attempt++ === ATTEMPTS) resolve(null)
    else carrier.send('fan-out')
  }, ATTEMPT_MS)
  const node = await promise
  clearInterval(timer)
  carrier.close()
  return { sourcePort: carrier.sourcePort, node }
}
