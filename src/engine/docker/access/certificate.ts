/**
 * A certificate that signs itself (RFC 5280), for 127.0.0.1 alone. kubectl sends a token only over TLS, and Node has no means of its own to make one.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { bitString, boolean, der, integer, objectIdentifier, octetString, sequence, set, tagged, utcTime, utf8String } from './der.ts'

export interface Certificate {
  /** PEM. */
  readonly key: string
  /** PEM; its own issuer, so also the authority that clients are to trust. */
  readonly certificate: string
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const

const HOUR_MS = 3_600_000
/** A kept lab may be old; its certificate ends with its process. */
const VALID_MS = 3650 * 24 * HOUR_MS

export function loopbackCertificate(now: Date = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256))
  const name = sequence(set(sequence(objectIdentifier(OID.commonName), utf8String('peerlab'))))
  // Clocks that are a little behind take it as well.
  const validity = sequence(utcTime(new Date(now.getTime() - HOUR_MS)), utcTime(new Date(now.getTime() + VALID_MS)))
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions())),
  )
  const whole = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, privateKey)))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: pem(whole) }
}

function extensions(): Buffer[] {
  return [
    extension(OID.basicConstraints, true, sequence(boolean(true))),
    // digitalSignature (bit 0) and keyCertSign (bit 5).
    extension(OID.keyUsage, true, bitString(Buffer.of(0b1000_0100), 2)),
    extension(OID.extendedKeyUsage, false, sequence(objectIdentifier(OID.serverAuthentication))),
    // iPAddress [7]
    extension(OID.subjectAlternativeName, false, sequence(der(0x87, Buffer.of(127, 0, 0, 1)))),
  ]
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
