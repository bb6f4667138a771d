import { describe, expect, it } from 'vitest'
import { BGP_SESSION, collectionPath, NODE, objectPath, parsePath } from '../../../src/cluster/api/index.ts'

describe('paths', () => {
  it('are those of Kubernetes', () => {
    expect(objectPath(NODE, 'node-01')).toBe('/api/v1/nodes/node-01')
    expect(objectPath(BGP_SESSION, '10.8.0.10-node-04', 'kube-system', 'status')).toBe(
      '/apis/networking.gke.io/v1alpha1/namespaces/kube-system/bgpsessions/10.8.0.10-node-04/status',
    )
    expect(collectionPath(BGP_SESSION)).toBe('/apis/networking.gke.io/v1alpha1/bgpsessions')
  })

  it('are read back', () => {
    expect(parsePath(objectPath(BGP_SESSION, 'x', 'kube-system', 'status'))).toEqual({
      group: 'networking.gke.io',
      version: 'v1alpha1',
      namespace: 'kube-system',
      plural: 'bgpsessions',
      name: 'x',
      subresource: 'status',
      query: {},
    })
    expect(parsePath('/api/v1/nodes?watch=1&fieldSelector=spec.nodeName%3Dnode-04')).toEqual({
      group: '',
      version: 'v1',
      plural: 'nodes',
      query: { watch: '1', fieldSelector: 'spec.nodeName=node-04' },
    })
  })

  it('that are none of ours are refused', () => {
    for (const path of [
      '',
      '/',
      '/healthz',
      '/api',
      '/api/v1',
      '/apis/g/v1',
      '/api/v1//x',
      '/api/v1/nodes/%E0%A4%A',
      '/api/v1/nodes/a/b/c',
    ])
      expect(parsePath(path), path).toBeUndefined()
  })
})
