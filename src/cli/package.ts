/** This package as it lies on disk. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** `src/cli/package.ts` and `dist/cli/package.js` lie equally deep. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))
export const fromSource = import.meta.url.endsWith('.ts')

/** How a user calls us, for advice that can be pasted. */
export const COMMAND = fromSource ? 'npm run -s peerlab --' : 'npx peerlab'

export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
