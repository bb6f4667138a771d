/** The main process of a router's container. */
import type { RouterStart } from '../routers/driver.ts'
import { RouterProgram } from '../routers/program.ts'
import { serve } from './serve.ts'

interface RouterArgs {
  readonly prefix?: string
  readonly process?: string
  readonly peer?: string
}

serve((context) => {
  let program: RouterProgram | undefined
  const running = (): RouterProgram => {
    if (program === undefined) throw new Error('the router has not been started: send start first')
    return program
  }
  const stop = () => {
    program?.stop()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  const args = (value: unknown) => (value ?? {}) as RouterArgs
  return {
    start: (value) => {
      if (program !== undefined) throw new Error('the router is already started')
      program = new RouterProgram(value as RouterStart, context)
      return program.start()
    },
    /** With `RouterStart` as its args before `start`; without args after it. */
    check: (value) => (program ?? new RouterProgram(value as RouterStart, context)).check(),
    version: () => running().version(),
    sessions: () => running().sessions(),
    routes: (value) => running().routes(args(value).prefix),
    fib: (value) => running().fib(args(value).prefix),
    kill: (value) => running().kill(args(value).process),
    'start-process': (value) => running().startProcess(args(value).process),
    reset: (value) => {
      const { peer } = args(value)
      if (peer === undefined) throw new Error('reset: say which peer: {"peer":"a.b.c.d"}')
      return running().reset(peer)
    },
  }
})
