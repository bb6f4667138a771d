/**
 * Chooses what to run. Installed, it is `dist`, on the Node that is there. In a checkout it is `src`, whose TypeScript and own imports
 * need the pinned Node and the condition `peerlab-source`: if this process has not both, a child process gets them.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
// Older ones have no such thing as a compile cache: named, it would be an error before a word could be said.
import module from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const OLDEST = 24
const CONDITION = '--conditions=peerlab-source'
const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const recent = Number(process.versions.node.split('.')[0]) >= OLDEST

if (!existsSync(at('../src/cli/main.ts'))) {
  if (recent) await import('../dist/cli/main.js')
  else refuse('Install a current Node (https://nodejs.org/en/download) and run it again.')
} else if (recent && process.execArgv.includes(CONDITION)) {
  // Types are stripped once, not at every start: that is half of what a short command takes.
  module.enableCompileCache(at('../.cache/compile'))
  await import('../src/cli/main.ts')
} else {
  const pinned = at('../node_modules/.bin/node')
  if (existsSync(pinned)) runOn(pinned)
  else if (recent) runOn(process.execPath)
  else refuse('Run `npm ci` in the checkout: it brings the Node that peerlab is developed on.')
}

function refuse(advice) {
  console.error(`peerlab: needs Node ${OLDEST} or later, and this is Node ${process.versions.node} (${process.execPath})`)
  console.error(`  ${advice}`)
  process.exitCode = 3
}

/** The child has our terminal; we hand on signals, and end as it ends. */
function runOn(node) {
  const child = spawn(node, [CONDITION, at('./peerlab.js'), ...process.argv.slice(2)], { stdio: 'inherit' })
  // Ctrl-C in a terminal reaches the child by itself: a second one would tell it to hurry.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => {
    console.error(`peerlab: ${node}: ${error.message}`)
    process.exit(3)
  })
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}
