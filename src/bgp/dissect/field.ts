/** The tree that a message is taken apart into, and the cursor that builds it: every octet that is read leaves a field with its span. */
import { formatIpv4 } from '../../net/index.ts'
import { type Reader, Truncated } from '../wire/cursor.ts'
import { formatIpv6, formatMac, toHex } from './format.ts'

export type Value = number | string | boolean

/** Octets `at` up to, not including, `end` of what was dissected, by the name that its RFC gives them. */
export interface Field {
  readonly name: string
  readonly at: number
  end: number
  /** As it is on the wire: a number, an address, hexadecimal digits. Numbers beyond 53 bits are decimal text. */
  value?: Value
  /** What the value means, where it does not say so itself. */
  text?: string
  fields?: Field[]
  /** Of interest only to whoever counts octets: the text of the field around it says the same. */
  minor?: true
  /** Only holds its fields together: they read as well without it. */
  thin?: true
}

/** What the walk found wrong, where. Whether it counts, and as what, is for the speaker's own codec to say: see verdict.ts. */
export interface Fault {
  readonly at: number
  readonly end: number
  readonly code: number
  readonly subcode: number
  /** What RFC 7606 does about it; `session-reset` is a NOTIFICATION. */
  readonly action: 'session-reset' | 'treat-as-withdraw' | 'attribute-discard'
  /** The attribute's type code; 0 for the list as a whole. */
  readonly attribute?: number
  readonly detail: string
  /** Another fault of this attribute, and what it comes to in an UPDATE without routes (RFC 7606 §5.2). */
  readonly escalated?: true
}

type Tell = (value: number) => string | undefined

const UTF8 = new TextDecoder()

/** A span that is being read. What is not there throws `Truncated`; what was read before stays in the tree. */
export class Scope {
  readonly reader: Reader
  readonly fields: Field[]

  constructor(reader: Reader, fields: Field[] = []) {
    this.reader = reader
    this.fields = fields
  }

  get at(): number {
    return this.reader.position
  }

  get end(): number {
    return this.reader.end
  }

  get remaining(): number {
    return this.reader.remaining
  }

  /** The next octet, not read. */
  peek(ahead = 0): number | undefined {
    return this.at + ahead < this.end ? this.reader.bytes[this.at + ahead] : undefined
  }

  /** An unsigned number of up to 6 octets. */
  uint(name: string, octets: number, tell?: Tell): number {
    const at = this.at
    let value = 0
    for (const byte of this.reader.take(octets)) value = value * 256 + byte
    const text = tell?.(value)
    this.#add(name, at, value, text)
    return value
  }

  u8(name: string, tell?: Tell): number {
    return this.uint(name, 1, tell)
  }

  u16(name: string, tell?: Tell): number {
    return this.uint(name, 2, tell)
  }

  u32(name: string, tell?: Tell): number {
    return this.uint(name, 4, tell)
  }

  /** Eight octets, as decimal text. */
  u64(name: string): string {
    const at = this.at
    const value = this.reader.take(8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
    this.#add(name, at, String(value))
    return String(value)
  }

  float32(name: string): number {
    const at = this.at
    const bytes = this.reader.take(4)
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0)
    this.#add(name, at, Number.isFinite(value) ? value : String(value))
    return value
  }

  ipv4(name: string): string {
    const at = this.at
    const value = formatIpv4(this.reader.ipv4())
    this.#add(name, at, value)
    return value
  }

  ipv6(name: string): string {
    const at = this.at
    const value = formatIpv6(this.reader.take(16))
    this.#add(name, at, value)
    return value
  }

  mac(name: string): string {
    const at = this.at
    const value = formatMac(this.reader.take(6))
    this.#add(name, at, value)
    return value
  }

  /** An address of 4 or 16 octets; hexadecimal digits of any other number. */
  address(name: string, octets: number): string {
    if (octets === 4) return this.ipv4(name)
    return octets === 16 ? this.ipv6(name) : this.hex(name, octets)
  }

  hex(name: string, octets = this.remaining, text?: string): string {
    const at = this.at
    const value = toHex(this.reader.take(octets))
    this.#add(name, at, value, text)
    return value
  }

  utf8(name: string, octets = this.remaining): string {
    const at = this.at
    const value = UTF8.decode(this.reader.take(octets))
    this.#add(name, at, value)
    return value
  }

  /** The next `octets` as a field with fields of its own; skipped to its end whatever `body` reads of them. */
  group(name: string, octets: number, body: (scope: Scope, field: Field) => string | undefined): Field {
    const at = this.at
    const inner = this.reader.sub(octets)
    const field: Field = { name, at, end: at + octets, fields: [] }
    this.fields.push(field)
    const scope = new Scope(inner, field.fields)
    try {
      const text = body(scope, field)
      if (text !== undefined) field.text = text
    } finally {
      scope.rest('Undecoded')
    }
    return field
  }

  /** A field whose end is where `body` stops reading. */
  open(name: string, body: (scope: Scope, field: Field) => string | undefined): Field {
    const field: Field = { name, at: this.at, end: this.at, fields: [] }
    this.fields.push(field)
    try {
      const text = body(new Scope(this.reader, field.fields), field)
      if (text !== undefined) field.text = text
    } finally {
      field.end = this.at
    }
    return field
  }

  /** What is left, undecoded. */
  rest(name: string): void {
    if (this.remaining > 0) this.hex(name)
  }

  /** Marks the field read last as one that a reader of the tree does not miss. */
  minor(): void {
    const last = this.fields.at(-1)
    if (last !== undefined) last.minor = true
  }

  #add(name: string, at: number, value: Value, text?: string): void {
    this.fields.push({ name, at, end: this.at, value, ...(text !== undefined && { text }) })
  }
}

/** Runs `body`, and keeps what is left as octets where it asks for more than there is. Whether it had enough. */
export function within(scope: Scope, body: () => void): boolean {
  try {
    body()
    return true
  } catch (error) {
    if (!(error instanceof Truncated)) throw error
    scope.rest('Undecoded')
    return false
  }
}
