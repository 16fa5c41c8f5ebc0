#!/bin/bash
# Readiness: every view counts this broker among the living, and in sync in each partition that it has a replica of.
set -euo pipefail
# shellcheck source=images/kafka/bin/peer-views.sh
source "$(dirname "$0")/peer-views.sh"

views=$(peer_views)
jq --exit-status --slurp --argjson me "$me" '
  all(.[];
    any(.brokers[]; .id == $me)
    and all(.topics[].partitions[] | select(any(.replicas[]; .id == $me)); any(.isrs[]; .id == $me)))
' <<<"$views" >/dev/null
