/** `npm run docs:requirements`: makes docs/requirements.md anew. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { requirementsPage } from '../test/house/requirements.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = requirementsPage(root)
writeFileSync(`${root}docs/requirements.md`, page)
console.log(page.split('\n')[4])
