import type { Reader } from '../cursor.ts'
import { type AttributeAction, AttributeFault, UpdateError } from '../errors.ts'

/** An attribute whose value has one legal length. */
export function exactly(value: Reader, length: number, action: AttributeAction = 'treat-as-withdraw'): void {
  if (value.remaining !== length) throw new AttributeFault(UpdateError.length, `${value.remaining} octets in place of ${length}`, action)
}
