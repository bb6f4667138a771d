import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/cli/bgpadvertiser/config.ts'
import { formatDiagnostic } from '../../../src/model/index.ts'

const DOCUMENT = 'localIP: 21.0.101.64\nlocalASN: 4273481990\npeers:\n- peerIP: 21.0.101.80\n  peerASN: 4273481989\n'

const wrong = (text: string) => readConfig('b.conf', text).diagnostics.map(formatDiagnostic)

describe('R38: the configuration file', () => {
  it('is read as the document has it, AS numbers of four octets included', () => {
    expect(readConfig('b.conf', DOCUMENT)).toMatchObject({
      diagnostics: [],
      config: { localIP: '21.0.101.64', localASN: 4273481990, peers: [{ peerIP: '21.0.101.80', peerASN: 4273481989 }] },
    })
  })

  it.each([
    ['', 'b.conf:1:1: error: the file is empty; it needs localIP, localASN, and peers, each with peerIP and peerASN'],
    [`${DOCUMENT}---\n${DOCUMENT}`, /^b\.conf:7:1: error: a second document/],
    [DOCUMENT.replace('21.0.101.64', 'NODE_IP'), 'b.conf:1:10: error: localIP: "NODE_IP" is not an IPv4 address'],
    [DOCUMENT.replace('21.0.101.64', '2001:db8::1'), /^b\.conf:1:10: error: localIP: 2001:db8::1 is IPv6; only IPv4 is supported \(R7\)/],
    [DOCUMENT.replace('21.0.101.64', '224.0.0.5'), 'b.conf:1:10: error: localIP: 224.0.0.5 is a multicast address'],
    [DOCUMENT.replace('4273481990', '"4273481990"'), /^b\.conf:2:11: error: localASN: .*; write it without quotes: 4273481990$/],
    [DOCUMENT.replace('4273481990', '4294967295'), 'b.conf:2:11: error: localASN: 4294967295 is reserved (RFC 7300)'],
    [
      DOCUMENT.replace('4273481989', '4273481990'),
      /^b\.conf:5:12: error: peers\[0\]\.peerASN: 4273481990 is localASN: iBGP is not supported \(R1\); /,
    ],
    [DOCUMENT.replace('21.0.101.80', '21.0.101.64'), /^b\.conf:4:11: error: peers\[0\]\.peerIP: 21\.0\.101\.64 is localIP/],
    [
      `${DOCUMENT}- peerIP: 21.0.101.80\n  peerASN: 3\n`,
      'b.conf:6:11: error: peers[1].peerIP: 21.0.101.80 is peers[0] already; keep one of them',
    ],
    ['localIP: 10.0.1.10\nlocalASN: 65001\npeers: []\n', /^b\.conf:3:8: error: peers: needs at least 1/],
    [DOCUMENT.replace('localASN:', '\tlocalASN:'), /^b\.conf:2:1: error: .*indent with spaces/],
  ])('%j', (text, said) => {
    const [first] = wrong(text)
    if (typeof said === 'string') expect(first).toBe(said)
    else expect(first).toMatch(said)
    expect(readConfig('b.conf', text).config).toBeUndefined()
  })

  it('tells all mistakes at once, names of the cluster file included', () => {
    expect(wrong('localIp: 10.0.1.300\npeers:\n- ip: 10.8.0.10\n  asn: 65002\n')).toEqual([
      expect.stringMatching(/^b\.conf:1:1: error: `localIP` is missing/),
      expect.stringMatching(/^b\.conf:1:1: error: `localASN` is missing/),
      expect.stringMatching(/^b\.conf:1:1: error: localIp: unknown field; did you mean localIP\?/),
      expect.stringMatching(/^b\.conf:3:3: error: peers\[0\]: `peerIP` is missing/),
      expect.stringMatching(/^b\.conf:3:3: error: peers\[0\]: `peerASN` is missing/),
      expect.stringMatching(/^b\.conf:3:3: error: peers\[0\]\.ip: unknown field; did you mean peerIP\?/),
      expect.stringMatching(/^b\.conf:4:3: error: peers\[0\]\.asn: unknown field; did you mean peerASN\?/),
    ])
  })
})
