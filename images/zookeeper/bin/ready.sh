#!/bin/bash
# Readiness: the server serves, as one of a quorum or alone. A server that looks for a leader answers without a mode.
set -euo pipefail

exec 3<>/dev/tcp/127.0.0.1/2181
printf srvr >&3
grep --quiet --extended-regexp '^Mode: (leader|follower|standalone)$' <&3
