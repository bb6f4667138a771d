/**
 * `npm run docs:interop`, `npm run capture:goldens`: makes docs/interop.md, or the goldens in test/bgp/goldens, of what the walks of
 * test/interop/matrix.test.ts left in out/interop; the npm scripts run that before. Argument: `page` or `goldens`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { wire } from '../src/bgp/index.ts'
import { gapsIn, interopPage } from '../test/interop/matrix/page.ts'
import { DAEMONS, type Findings } from '../test/interop/matrix/terms.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const all = Object.keys(DAEMONS).map((kind) => JSON.parse(readFileSync(`${root}out/interop/${kind}.json`, 'utf8')) as Findings)

if (process.argv[2] === 'goldens') {
  mkdirSync(`${root}test/bgp/goldens`, { recursive: true })
  for (const { daemon, version, said } of all) {
    const kept = { 'add-path': few(said['add-path'], true), 'one path': few(said['one path'], false) }
    writeFileSync(`${root}test/bgp/goldens/${daemon}.json`, `${JSON.stringify({ version, ...kept }, undefined, 2)}\n`)
    console.log(`${version}: ${kept['add-path'].length} messages with ADD-PATH, ${kept['one path'].length} without`)
  }
} else {
  const page = interopPage(all)
  const gaps = gapsIn(page)
  for (const gap of gaps) console.error(`missing: ${gap}`)
  if (gaps.length > 0) process.exit(1)
  writeFileSync(`${root}docs/interop.md`, page)
  console.log(`docs/interop.md: ${all.map(({ version, outcomes }) => `${version} ${outcomes.length}`).join(', ')} cells`)
}

/** The first three of each shape: dozens of UPDATEs that differ in a prefix prove no more. */
function few(messages: readonly string[], addPath: boolean): string[] {
  const seen = new Map<string, number>()
  return messages.filter((hex) => {
    const shape = shapeOf(Buffer.from(hex, 'hex'), addPath)
    seen.set(shape, (seen.get(shape) ?? 0) + 1)
    return seen.get(shape)! <= 3
  })
}

function shapeOf(bytes: Uint8Array, addPath: boolean): string {
  const [frame] = new wire.Framer().push(bytes).frames
  const decoded = frame && wire.decodeMessage(frame, { fourOctetAs: true, addPath })
  if (!decoded?.ok) return 'unread'
  const { message } = decoded
  if (message.type === 'update')
    return `update ${message.attributes.map(({ type }) => type)} ${Math.min(message.nlri.length, 2)} ${Math.min(message.withdrawn.length, 2)}`
  return message.type === 'notification' ? `notification ${message.code}/${message.subcode}` : message.type
}
