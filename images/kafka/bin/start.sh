#!/bin/bash
# Starts one node, broker or controller, from the files that were rendered for it.
set -euo pipefail

config=${HEADWATER_CONFIG:-/etc/headwater}
kafka=${KAFKA_HOME:-/opt/kafka}
properties=${TMPDIR:-/tmp}/server.properties
ordinal=${POD_INDEX:?POD_INDEX must be the ordinal of this pod}

cat "$config/server.properties" "$config/node-$ordinal.properties" >"$properties"
# The zone comes from a label that the API server copies from the node; without it there is no rack.
if [ -n "${RACK:-}" ]; then printf 'broker.rack=%s\n' "$RACK" >>"$properties"; fi

if [ -n "${CLUSTER_ID:-}" ]; then
  java -Xmx128m -cp "$kafka/libs/*" kafka.tools.StorageTool format \
    --ignore-formatted "--cluster-id=$CLUSTER_ID" --config "$properties"
fi

# A pod that comes back has a new address. Java would call the old one for 30 s, so the controller would not tell a broker
# of its partitions before.
# Logging: 3.9 reads the first of the two properties, 4.x the second. G1's settings are those of Kafka's own scripts.
exec java \
  "-Xms${HEAP_MIB:?}m" "-Xmx${HEAP_MIB}m" \
  -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent \
  -XX:+ExitOnOutOfMemoryError \
  -Dsun.net.inetaddr.ttl=5 \
  "-Dlog4j.configuration=file:$kafka/log4j.properties" \
  "-Dlog4j2.configurationFile=$kafka/log4j2.properties" \
  "-javaagent:$kafka/jmx-agent.jar=${METRICS_PORT:-9404}:$config/jmx.yaml" \
  -cp "$kafka/libs/*" kafka.Kafka "$properties"
