import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['peerlab-source'] }
const ssr = { resolve: { conditions: ['peerlab-source'], externalConditions: ['peerlab-source'] } }

/** Where CI is set, each run of a project leaves `out/test-<project>.json`, from which `.ci/run` sees what was skipped. */
const project = process.argv[process.argv.indexOf('--project') + 1] ?? 'all'
const report = process.env.CI ? { reporters: ['default', 'json'], outputFile: { json: `out/test-${project}.json` } } : {}

/** Two projects: `unit` needs nothing but Node; `containers` needs a Docker engine and runs one file at a time. */
export default defineConfig({
  test: {
    ...report,
    projects: [
      {
        resolve,
        ssr,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/interop/**', 'test/containers/**'], testTimeout: 30_000 },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'containers',
          include: ['test/interop/**/*.test.ts', 'test/containers/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
