#!/bin/bash
# Holds this broker's departure until the others can do without it: in each partition where it is in sync, as many other
# replicas are as `min.insync.replicas` asks for, or all of them where there are fewer. After DEPARTURE_TIMEOUT_S it goes
# all the same: a node that must be drained is not held for ever. It goes earlier where all other pods of its set are gone.
set -euo pipefail
# shellcheck source=images/kafka/bin/peer-views.sh
source "$(dirname "$0")/peer-views.sh"
# shellcheck source=images/kafka/bin/all-gone.sh
source "$(dirname "$0")/all-gone.sh"

timeout_s=${DEPARTURE_TIMEOUT_S:?DEPARTURE_TIMEOUT_S must be a number of seconds}
min_in_sync=${MIN_INSYNC_REPLICAS:?MIN_INSYNC_REPLICAS must be a number of replicas}
# What a hook prints is lost; the broker's own output is kept.
log=${HEADWATER_LOG:-/proc/1/fd/1}

# Partitions that need this broker, one `topic-partition` a line.
needing_this_broker() {
  local views
  views=$(peer_views) || return 1
  awk -v me="$me" -v min="$min_in_sync" "$partition_functions"'
    $1 == "partition" && has("isrs", me) {
      wanted = count("replicas") - 1
      if (wanted > min) wanted = min
      if (count("isrs") - 1 < wanted) print partition_name()
    }
  ' <<<"$views" | sort --unique
}

say() { echo "before-stop: $*" >>"$log"; }

deadline=$((SECONDS + timeout_s))
until needed=$(needing_this_broker) && [ -z "$needed" ]; do
  if [ "$SECONDS" -ge "$deadline" ]; then
    say "leaves after ${timeout_s} s although it is needed by ${needed//$'\n'/ }"
    exit 0
  fi
  # shellcheck disable=SC2046 # They are words.
  if all_gone $(peers); then
    say "leaves although it is needed: no other broker has had a pod for ${gone_wanted_s} s"
    exit 0
  fi
  say "waits: needed by $(head -n 5 <<<"$needed" | tr '\n' ' ')($(wc -l <<<"$needed") partitions in all)"
  sleep 2
done
say 'leaves: the others suffice'
