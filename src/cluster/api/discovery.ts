/** What Kubernetes' clients ask first: which groups, versions and kinds there are. */
import { BGP_ADVERTISED_ROUTE, BGP_LOAD_BALANCER, BGP_SESSION, FLOATING_IP, NETWORK_GATEWAY, SERVICE } from './kinds.ts'
import { apiVersionOf, type ResourceType } from './objects.ts'

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']

const READING = ['get', 'list', 'watch']

/** The version whose API this follows as far as it goes; clients compare it with their own. */
const VERSION = {
  major: '1',
  minor: '20',
  gitVersion: 'v1.20.0+peerlab',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: '',
}

/** The answer for a path that is about the API itself; `undefined` for every other. */
export function discovery(path: string, types: readonly ResourceType[]): unknown {
  const steps = path.split('?')[0]!.split('/').slice(1)
  if (steps.at(-1) === '') steps.pop()
  const [root, group, version, ...more] = steps
  if (more.length > 0) return undefined
  if (root === 'version' && group === undefined) return VERSION
  if (root === 'api') return version === undefined ? coreApi(group, types) : undefined
  if (root !== 'apis') return undefined
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(types) }
  if (version === undefined) {
    const found = groups(types).find((each) => each.name === group)
    return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found }
  }
  return resourceList(`${group}/${version}`, types)
}

function coreApi(version: string | undefined, types: readonly ResourceType[]): unknown {
  return version === undefined ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } : resourceList(version, types)
}

function groups(types: readonly ResourceType[]) {
  const names = [...new Set(types.map((type) => type.group))].filter((name) => name !== '')
  return names.map((name) => {
    const versions = [...new Set(types.filter((type) => type.group === name).map((type) => type.version))].map((version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }))
    return { name, versions, preferredVersion: versions[0] }
  })
}

/** What `kubectl get all` shows: what the cluster's owner looks at. */
const SHOWN: readonly ResourceType[] = [
  SERVICE,
  FLOATING_IP,
  BGP_SESSION,
  BGP_ADVERTISED_ROUTE,
  NETWORK_GATEWAY,
  BGP_LOAD_BALANCER,
] as readonly ResourceType[]

function resourceList(groupVersion: string, types: readonly ResourceType[]): unknown {
  const found = types.filter((type) => apiVersionOf(type) === groupVersion)
  if (found.length === 0) return undefined
  const resources = found.flatMap((type) => {
    const { plural, kind, namespaced, shortNames, flat, derivedFrom } = type
    return [
      {
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced,
        kind,
        verbs: derivedFrom === undefined ? VERBS : READING,
        ...(shortNames === undefined ? {} : { shortNames }),
        ...(SHOWN.includes(type) ? { categories: ['all'] } : {}),
      },
      ...(flat ? [] : [{ name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] }]),
    ]
  })
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}
