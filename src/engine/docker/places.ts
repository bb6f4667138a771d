/** Where an engine listens unless DOCKER_HOST names another place; the first is where Docker itself does. */
import { homedir } from 'node:os'

export const DEFAULT_SOCKET = '/var/run/docker.sock'

/** Docker Desktop and rootless engines put their socket elsewhere. */
export function socketPlaces(): readonly string[] {
  return [DEFAULT_SOCKET, `${homedir()}/.docker/run/docker.sock`]
}
