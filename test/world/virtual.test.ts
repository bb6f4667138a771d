import { beforeEach, describe } from 'vitest'
import { callContract } from './contract-calls.ts'
import { connectionContract } from './contract-connections.ts'
import { timeContract } from './contract-time.ts'
import type { WorldHarness } from './harness.ts'
import { virtualHarness } from './virtual-harness.ts'

describe('the virtual world keeps the contract', () => {
  let harness: WorldHarness
  beforeEach(() => {
    harness = virtualHarness()
  })
  describe('time', () => timeContract(() => harness))
  describe('connections', () => connectionContract(() => harness))
  describe('calls', () => callContract(() => harness))
})
