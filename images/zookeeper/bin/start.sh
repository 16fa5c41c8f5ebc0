#!/bin/bash
# Starts one server of the ensemble. Its id is its pod's ordinal plus 1: ids begin at 1.
set -euo pipefail

config=${HEADWATER_CONFIG:-/etc/headwater}
zookeeper=${ZOOKEEPER_HOME:-/opt/zookeeper}
data=${HEADWATER_DATA:-/var/lib/zookeeper/data}

echo $((${POD_INDEX:?POD_INDEX must be the ordinal of this pod} + 1)) >"$data/myid"
# A leader that the others cannot find by its name yet leads nobody, and sees that only after initLimit, 40 s. So servers that
# start at once wait for each other's names. One that is away keeps none of them for longer than this.
trap 'exit 143' TERM
deadline=$((SECONDS + 20))
while read -r name; do
  until getent hosts "$name" >/dev/null || ((SECONDS >= deadline)); do sleep 0.5; done
done < <(sed --quiet --regexp-extended 's/^server\.[0-9]+=([^:]+):.*/\1/p' "$config/zoo.cfg")

# A server that comes back has a new address. Java would call the old one for 30 s.
exec java \
  "-Xms${HEAP_MIB:?}m" "-Xmx${HEAP_MIB}m" -XX:+ExitOnOutOfMemoryError \
  -Dsun.net.inetaddr.ttl=5 \
  "-Dlogback.configurationFile=$zookeeper/logback.xml" \
  -cp "$zookeeper/libs/*" org.apache.zookeeper.server.quorum.QuorumPeerMain "$config/zoo.cfg"
