/** What someone at a shell on a device would do: run commands, copy files there, leave a program running at a terminal. */
import type { Duplex } from 'node:stream'
import { Readable } from 'node:stream'
import type { HttpAnswer, Shell } from '../lab.ts'
import type { Fleet } from './fleet.ts'
import { bundleStandalone } from './images/standalone.ts'
import { tar } from './images/tar.ts'

/** What a terminal sends for Ctrl-C; its line discipline makes a SIGINT of it. */
const CTRL_C = '\x03'

/** There is no curl(1) on a node; Node is. */
const HTTP_GET = `fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then(
  async (reply) => console.log(JSON.stringify({ status: reply.status, body: await reply.text() })),
  (error) => { console.error(error.cause?.message ?? error.message); process.exitCode = 1 },
)`

export function createShell(fleet: Fleet): Shell {
  const copy: Shell['copy'] = async (device, path, content, { executable = false } = {}) => {
    const [, folder, name] = /^(\/.*?)\/?([^/]+)$/.exec(path) ?? []
    if (folder === undefined || name === undefined) throw new Error(`${path} is not the absolute path of a file`)
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    await fleet.container(device).putArchive(Readable.from(tar([{ name, content: bytes, executable }])), { path: folder })
  }
  return {
    exec: (device, command) => fleet.exec(device, command),
    copy,
    async install(device, program, path) {
      await copy(device, path, await bundleStandalone(program), { executable: true })
    },
    async start(device, command, terminal) {
      const options = { Cmd: [...command], Env: [fleet.path], Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true }
      const exec = await fleet.container(device).exec(options)
      const stream = await exec.start({ hijack: true, stdin: true, Tty: true })
      void endOf(stream, terminal.line)
        .then(async () => (await exec.inspect()).ExitCode ?? 1)
        // The container has gone, and the program with it.
        .catch(() => undefined)
        .then(terminal.ended)
      return { interrupt: () => void stream.write(CTRL_C) }
    },
    async httpGet(device, url) {
      const { code, stdout, stderr } = await fleet.exec(device, ['node', '-e', HTTP_GET, url])
      if (code !== 0) throw new Error(`${device}: ${url}: ${stderr.trim()}`)
      return JSON.parse(stdout) as HttpAnswer
    },
  }
}

/** Hands over the stream's lines, and resolves when it has ended. A terminal ends its lines with CR LF. */
function endOf(stream: Duplex, line: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const each of lines) line(each.replace(/\r$/, ''))
  })
  return new Promise((resolve) => {
    const end = () => {
      if (rest !== '') line(rest)
      rest = ''
      resolve()
    }
    stream.once('end', end)
    stream.once('close', end)
    // The engine went away, or the device did: it has ended for us.
    stream.once('error', end)
  })
}
