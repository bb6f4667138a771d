/** `npm run docs:fidelity`: makes docs/fidelity.md from the newest runs of `npm run scenario -- --engine both` in `out/`. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type FidelityReport, fidelityPage } from '../src/report/fidelity/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = globSync(`${root}out/*/fidelity.json`).filter((file) => existsSync(file) && !file.includes('/last/'))
if (files.length === 0) {
  console.error('out/ has no fidelity.json: run `npm run scenario -- --engine both` first')
  process.exit(4)
}
const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as FidelityReport)
const simulator = readFileSync(`${root}docs/simulator.md`, 'utf8')
const notModelled = /^## What is not modelled\n([\s\S]*?)(?=^## )/m.exec(simulator)?.[1] ?? ''
const page = fidelityPage(reports, notModelled)
writeFileSync(`${root}docs/fidelity.md`, page)
console.log(page.split('\n').find((line) => line.includes('runs agree')))
