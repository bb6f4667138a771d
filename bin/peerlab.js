#!/usr/bin/env node
// The first thing that runs, on whatever Node is there: no syntax that an old one cannot read, not even `import … from`.
var version = process.versions.node
if (Number(version.split('.')[0]) < 18) {
  console.error(`peerlab: needs Node 24 or later, and this is Node ${version} (${process.execPath})`)
  console.error('  Install a current Node (https://nodejs.org/en/download) and run it again.')
  process.exit(3)
}
import('./start.js')
