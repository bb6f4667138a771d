import { expect, test } from 'vitest'
import { sourcesOf } from '../../../../src/engine/docker/setup/apt.ts'
import { debianLike } from '../../../../src/engine/docker/setup/machine.ts'
import { step } from '../../../../src/engine/docker/setup/progress.ts'

test.each([
  ['Debian', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n', true],
  ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\n', true],
  ['a child of Ubuntu', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
  ['Fedora', 'ID=fedora\nID_LIKE="rhel"\nHOME_URL="https://debian.example"\n', false],
  ['no os-release', '', false],
])('packages can be installed on Debian and its children: %s', (_, text, expected) => {
  expect(debianLike(text)).toBe(expected)
})

test("the base takes its packages from where the machine's apt takes them", () => {
  const mirror = 'http://mirror.example'
  expect(
    sourcesOf([
      `Debian|${mirror}/debian/|bookworm|main`,
      `Debian|${mirror}/debian/|bookworm-updates|main`,
      `Debian|${mirror}/debian-security/|bookworm-security|main`,
      `Debian|${mirror}/debian/|bookworm|contrib`,
      'Somebody|http://other.example/|bookworm|main',
    ]),
  ).toEqual([
    `deb ${mirror}/debian/ bookworm main`,
    `deb ${mirror}/debian/ bookworm-updates main`,
    `deb ${mirror}/debian-security/ bookworm-security main`,
  ])
})

test('a machine of another release gives its mirror, and one that is not Debian leaves the choice to mmdebstrap', () => {
  expect(sourcesOf(['Debian|http://mirror.example/debian/|trixie|main'])).toEqual(['deb http://mirror.example/debian/ bookworm main'])
  expect(sourcesOf(['Ubuntu|http://ubuntu.example/ubuntu/|noble|main'])).toEqual([])
})

test('a step says what it does, and when it is done how long it took; a failed one is left to the error', async () => {
  const lines: string[] = []
  const report = (line: string) => void lines.push(line)
  await step(report, 'base', async (note) => {
    note('pulling')
    return { ok: true, summary: 'there' }
  })
  await step(report, 'node', async () => ({ ok: false }))
  expect(lines).toEqual(['  base           … pulling', expect.stringMatching(/^ {2}base {11}there {2}\(0\.\d s\)$/)])
})
