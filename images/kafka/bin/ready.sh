#!/bin/bash
# Readiness: this broker listens, and every view counts this broker among the living, and in sync in each partition that it has a replica of.
#
# A replica that is only being added does not count: its copy may take hours, and nobody relies on it. The metadata lists it
# like any other, so the partitions that have been seen without this broker are kept beside its log; one of them counts
# once this broker has been in sync in it. Where the volume is new, every replica counts.
set -euo pipefail
# shellcheck source=images/kafka/bin/peer-views.sh
source "$(dirname "$0")/peer-views.sh"

# Peers count a broker that was killed among the living until its session ends: until then it is ready only where it listens.
own=$(own_address)
(exec 3<>"/dev/tcp/${own%:*}/${own##*:}") 2>/dev/null || exit 1

elsewhere=${HEADWATER_VOLUME:-/var/lib/kafka/data}/partitions-elsewhere
rm -f "$elsewhere.changed"
status=0
{ cat "$elsewhere" 2>/dev/null || true; peer_views; } |
  awk -v me="$me" -v changed="$elsewhere.changed" "$partition_functions"'
    $1 == "elsewhere" { elsewhere[$2] }
    $1 == "view" { views++ }
    $1 == "broker" && $2 == me { living++ }
    $1 == "partition" {
      name = partition_name()
      seen[name]
      if (!has("replicas", me)) without[name]
      else if (has("isrs", me)) in_sync[name]
      else behind[name]
    }
    END {
      for (name in without) if (!(name in elsewhere)) { elsewhere[name]; differs = 1 }
      for (name in in_sync) if (name in elsewhere) { delete elsewhere[name]; differs = 1 }
      if (differs) {
        printf "" >changed
        for (name in elsewhere) if (name in seen) print "elsewhere " name >changed
        close(changed)
      }
      for (name in behind) if (!(name in elsewhere)) exit 1
      exit !(views > 0 && living == views)
    }
  ' || status=$?

# A broker that is not ready keeps them, too. Above 1, awk itself has failed: of a full volume nothing is kept.
if [ "$status" -le 1 ] && [ -e "$elsewhere.changed" ]; then mv "$elsewhere.changed" "$elsewhere"; fi
exit "$status"
