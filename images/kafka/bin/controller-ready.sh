#!/bin/bash
# Readiness of a node that only keeps metadata: it knows a leader of the quorum, itself or another. Asked of the node's
# own Prometheus agent, without a JVM.
set -euo pipefail

exec 3<>/dev/tcp/127.0.0.1/9404
printf 'GET /metrics?name%%5B%%5D=kafka_server_raft_current_leader HTTP/1.0\r\n\r\n' >&3
grep --quiet --extended-regexp '^kafka_server_raft_current_leader [0-9]' <&3
