#!/bin/bash
# Readiness of a node that only keeps metadata: it knows a leader of the quorum, itself or another. Asked of the node's
# own Prometheus agent, without a JVM.
set -euo pipefail

address=127.0.0.1:${METRICS_PORT:-9404}
# The port may come with an address of its own, as the agent takes it.
if [[ ${METRICS_PORT:-} == *:* ]]; then address=$METRICS_PORT; fi

exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
printf 'GET /metrics?name%%5B%%5D=kafka_server_raft_current_leader HTTP/1.0\r\n\r\n' >&3
grep --quiet --extended-regexp '^kafka_server_raft_current_leader [0-9]' <&3
