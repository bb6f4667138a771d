import { describe, expect, it } from 'vitest'
import { behavesAsARouter } from './router-behaviour.ts'
import { neighbor, PEERS, RouterContainer, routerPlan } from './router-container.ts'
import { hasFib, isUp } from './router-events.ts'

behavesAsARouter('frr', 'bgpd')

const [PEER] = PEERS

/** A user's own configuration: what an operator would have on the switch, RFC 8212 and all. */
const OWN = `frr defaults traditional
hostname own
ip route 10.77.0.0/16 10.0.1.11
router bgp 65002
 bgp router-id 10.8.0.10
 neighbor ${PEER} remote-as 65001
 neighbor ${PEER} passive
 neighbor ${PEER} update-source 10.8.0.10
 neighbor ${PEER} ebgp-multihop 2
 address-family ipv4 unicast
  maximum-paths 4
 exit-address-family
exit
`

describe("a user's own FRR configuration", () => {
  it('is refused before the start with every error and its line', async () => {
    const text = OWN.replace('remote-as', 'remot-as').replace('maximum-paths 4', 'maximum-paths many')
    const router = await RouterContainer.create(routerPlan('frr', { config: { file: 'tor1.frr.conf', text } }))
    try {
      await expect(router.startDaemons()).rejects.toThrow(
        /^tor1\.frr\.conf:6: error: .*remot-as 65001\ntor1\.frr\.conf:11: error: .*maximum-paths many$/,
      )
    } finally {
      await router.stop()
    }
  })

  it('takes the place of the rendered one, watched alike; routes that RFC 8212 drops are diagnosed', async () => {
    const config = { file: 'tor1.frr.conf', text: OWN }
    const router = await RouterContainer.start(routerPlan('frr', { neighbors: [neighbor(PEER)], config }))
    try {
      await router.startPeer(PEER)
      const up = await router.event('up', isUp(PEER), { seconds: 30 })
      expect(up).toMatchObject({ session: { reason: expect.stringContaining('no bgp ebgp-requires-policy') } })
      await router.event('its static route', hasFib('10.77.0.0/16', ['10.0.1.11']))
      expect(await router.sh('vtysh -c "show running-config"')).toMatch(/bmp targets peerlab/)
    } finally {
      await router.stop()
    }
  })
})
