import { afterEach, beforeEach, describe } from 'vitest'
import { callContract } from './contract-calls.ts'
import { connectionContract } from './contract-connections.ts'
import { timeContract } from './contract-time.ts'
import type { WorldHarness } from './harness.ts'
import { realHarness } from './real-harness.ts'

describe('the real world keeps the contract', () => {
  let harness: WorldHarness
  beforeEach(() => {
    harness = realHarness()
  })
  afterEach(() => harness.close())
  describe('time', () => timeContract(() => harness))
  describe('connections', () => connectionContract(() => harness))
  describe('calls', () => callContract(() => harness))
})
