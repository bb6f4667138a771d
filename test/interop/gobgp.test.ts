import { describe, expect, it } from 'vitest'
import { behavesAsARouter } from './router-behaviour.ts'
import { RouterContainer, routerPlan } from './router-container.ts'

behavesAsARouter('gobgp', 'gobgpd')

describe("a user's own GoBGP configuration", () => {
  it('is refused before the start, with the line of its error', async () => {
    const text = '[global.config]\nas = 65002\nrouter-id = 10.8.0.10\n'
    const router = await RouterContainer.create(routerPlan('gobgp', { config: { file: 'tor1.gobgp.toml', text } }))
    try {
      await expect(router.startDaemons()).rejects.toThrow(/^tor1\.gobgp\.toml:3: error: /)
    } finally {
      await router.stop()
    }
  })
})
