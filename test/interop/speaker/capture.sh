#!/bin/sh
# Captures test/bgp/wire/daemons.golden.json again, from the daemons in the lab's images. Needs them built (npm run lab:setup).
set -eu
cd "$(dirname "$0")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npx rolldown test/interop/speaker/capture.ts --platform node --format esm --file "$work/capture.mjs" >/dev/null
for kind in frr gobgp; do
  id=$(docker run -d --init --label peerlab=test --network none --cap-add NET_ADMIN --cap-add SYS_ADMIN "peerlab/router-$kind:latest" sleep 120)
  docker cp "$work/capture.mjs" "$id:/tmp/capture.mjs" >/dev/null
  docker exec "$id" /opt/peerlab/node /tmp/capture.mjs "$kind" > "$work/$kind.json" || { docker rm -f "$id" >/dev/null; exit 1; }
  docker rm -f "$id" >/dev/null
done
printf '{\n  "frr": %s,\n  "gobgp": %s\n}\n' "$(cat "$work/frr.json")" "$(cat "$work/gobgp.json")" > test/bgp/wire/daemons.golden.json
