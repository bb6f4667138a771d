/**
 * As much of the protocol buffers' wire format as GoBGP's API needs: a message is read into its fields by number, without a schema.
 * Varints up to 53 bits, length-delimited fields; fixed-width fields are skipped.
 */
export class Message {
  readonly #fields = new Map<number, (number | Uint8Array)[]>()

  constructor(data: Uint8Array) {
    let offset = 0
    const varint = (): number => {
      let value = 0
      for (let factor = 1; ; factor *= 128) {
        const byte = data[offset++]
        if (byte === undefined) throw new Error('protocol buffer ends within a number')
        value += (byte & 127) * factor
        if (byte < 128) return value
      }
    }
    while (offset < data.length) {
      const key = varint()
      const wire = key & 7
      if (wire === 0) this.#add(key >>> 3, varint())
      else if (wire === 2) {
        const length = varint()
        if (offset + length > data.length) throw new Error('protocol buffer ends within a field')
        this.#add(key >>> 3, data.subarray(offset, offset + length))
        offset += length
      } else if (wire === 1) offset += 8
      else if (wire === 5) offset += 4
      else throw new Error(`protocol buffer has wire type ${wire}`)
    }
  }

  /** 0 where absent, as proto3 means it. */
  number(field: number): number {
    const value = this.#fields.get(field)?.at(-1)
    return typeof value === 'number' ? value : 0
  }

  flag(field: number): boolean {
    return this.number(field) !== 0
  }

  text(field: number): string {
    const value = this.#fields.get(field)?.at(-1)
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : ''
  }

  message(field: number): Message | undefined {
    return this.messages(field).at(-1)
  }

  messages(field: number): Message[] {
    return (this.#fields.get(field) ?? []).filter((value) => value instanceof Uint8Array).map((value) => new Message(value))
  }

  /** A repeated number, packed or not. */
  numbers(field: number): number[] {
    return (this.#fields.get(field) ?? []).flatMap((value) => (typeof value === 'number' ? [value] : unpack(value)))
  }

  has(field: number): boolean {
    return this.#fields.has(field)
  }

  #add(field: number, value: number | Uint8Array): void {
    const values = this.#fields.get(field)
    if (values === undefined) this.#fields.set(field, [value])
    else values.push(value)
  }
}

function unpack(data: Uint8Array): number[] {
  const values: number[] = []
  let value = 0
  let factor = 1
  for (const byte of data) {
    value += (byte & 127) * factor
    factor *= 128
    if (byte >= 128) continue
    values.push(value)
    value = 0
    factor = 1
  }
  return values
}

/** Field number and value; a message within is given encoded. */
export type Fields = readonly (readonly [field: number, value: number | string | Uint8Array])[]

export function encode(fields: Fields): Uint8Array {
  const bytes: number[] = []
  const varint = (value: number) => {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
    bytes.push(rest)
  }
  for (const [field, value] of fields) {
    if (typeof value === 'number') {
      varint(field << 3)
      varint(value)
      continue
    }
    const data = typeof value === 'string' ? new TextEncoder().encode(value) : value
    varint((field << 3) | 2)
    varint(data.length)
    bytes.push(...data)
  }
  return Uint8Array.from(bytes)
}
