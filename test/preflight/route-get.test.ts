import { expect, it } from 'vitest'
import { readRouteGet } from '../../src/preflight/route-get.ts'

/** As iproute2 6.1 prints them. */
const printed = (stdout: string) => ({ code: 0, stdout, stderr: '' })
const refused = (stderr: string) => ({ code: 2, stdout: '', stderr: `RTNETLINK answers: ${stderr}\n` })

it.each([
  [
    '[{"dst":"10.0.0.8","gateway":"10.0.1.254","dev":"eth0","prefsrc":"10.0.1.10","flags":[],"uid":0,"cache":[]}]',
    { type: 'via', via: '10.0.1.254' },
  ],
  ['[{"dst":"10.0.1.11","dev":"eth0","prefsrc":"10.0.1.10","flags":[],"uid":0,"cache":[]}]', { type: 'via', via: '10.0.1.11' }],
  ['[{"type":"local","dst":"10.0.1.11","dev":"lo","prefsrc":"10.0.1.11","flags":[],"uid":0,"cache":["local"]}]', { type: 'local' }],
])('a way: %s', (stdout, decision) => {
  const to = /"dst":"([\d.]+)"/.exec(stdout)![1]!
  expect(readRouteGet(to, printed(stdout))).toMatchObject(decision)
})

it.each([
  ['Network is unreachable', 'none'],
  ['No route to host', 'unreachable'],
  ['Permission denied', 'prohibit'],
  ['Invalid argument', 'blackhole'],
])('no way: %s', (stderr, how) => {
  expect(readRouteGet('10.0.0.8', refused(stderr))).toMatchObject({ type: 'none', how })
})
