/** Where this package lies, and whether it runs from its sources (a checkout) or from `dist` (installed). */
import { fileURLToPath } from 'node:url'

/** `src/engine/docker/images/root.ts` and `dist/engine/docker/images/root.js` lie equally deep. */
export const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url))
export const runsFromSource = import.meta.url.endsWith('.ts')
