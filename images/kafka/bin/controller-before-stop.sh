#!/bin/bash
# Holds the departure of a node that only keeps metadata until enough others of the quorum listen to be a majority without
# it, or all the others do. After DEPARTURE_TIMEOUT_S it goes all the same: a node that must be drained is not held for ever.
# It goes earlier where all other pods of its set are gone.
set -euo pipefail
# shellcheck source=images/kafka/bin/all-gone.sh
source "$(dirname "$0")/all-gone.sh"

config=${HEADWATER_CONFIG:-/etc/headwater}
timeout_s=${DEPARTURE_TIMEOUT_S:?DEPARTURE_TIMEOUT_S must be a number of seconds}
ordinal=${POD_INDEX:?POD_INDEX must be the ordinal of this pod}
# What a hook prints is lost; the node's own output is kept.
log=${HEADWATER_LOG:-/proc/1/fd/1}

me=$(sed -n 's/^node\.id=//p' "$config/node-$ordinal.properties")
voters=$(sed -n 's/^controller\.quorum\.voters=//p' "$config/server.properties" | tr -d '\\' | tr ',' '\n')
others=$(awk -F@ -v me="$me" '$1 != me { print $2 }' <<<"$voters")
others_wanted=$(awk 'END { majority = int(NR / 2) + 1; print majority < NR ? majority : NR - 1 }' <<<"$voters")

listening() {
  local address count=0
  for address in $others; do
    if timeout 2 bash -c "exec 3<>/dev/tcp/${address%:*}/${address##*:}" 2>/dev/null; then count=$((count + 1)); fi
  done
  echo "$count"
}

say() { echo "before-stop: $*" >>"$log"; }

deadline=$((SECONDS + timeout_s))
until [ "$(listening)" -ge "$others_wanted" ]; do
  if [ "$SECONDS" -ge "$deadline" ]; then
    say "leaves after ${timeout_s} s although fewer than $others_wanted of the others listen"
    exit 0
  fi
  # shellcheck disable=SC2086 # They are words.
  if all_gone $others; then
    say "leaves although fewer than $others_wanted of the others listen: none has had a pod for ${gone_wanted_s} s"
    exit 0
  fi
  say "waits: fewer than $others_wanted of the others listen"
  sleep 2
done
say 'leaves: the others are a majority'
