# shellcheck shell=bash
# Sourced by the gates: what this broker's peers know of the cluster.
#
# A broker that has just started knows nothing yet, and nothing contradicts it: asked about itself it would call itself
# in sync. So others are asked, and the broker itself only where nobody answers.
config=${HEADWATER_CONFIG:-/etc/headwater}
me=${POD_INDEX:?POD_INDEX must be this broker\'s id}

# Enough to outvote one that has just started itself, few enough for a probe every ten seconds.
views_wanted=2
peers_tried=3

# The cluster's metadata as the broker at this address sees it, in kcat's own lines: awk reads 10,000 partitions in a
# fraction of the time that the same takes in JSON (docs/decisions/0008).
view() {
  local lines
  lines=$(timeout 3 kcat -F "$config/kcat.properties" -b "$1" -m 2 -L 2>/dev/null) || return 1
  printf 'view\n%s\n' "$lines"
}

# Addresses of the peers. Those with lower ids come first: a rolling update begins at the highest, so they are the ones
# that have not been restarted yet.
peers() {
  awk -v me="$me" '$1 < me' "$config/nodes" | sort -rn | awk '{ print $2 }'
  awk -v me="$me" '$1 > me' "$config/nodes" | sort -n | awk '{ print $2 }'
}

# Views of two peers, of fewer where fewer answer, of the broker itself where none does. Fails where nobody answers.
peer_views() {
  local address answered=0 tried=0
  for address in $(peers); do
    if [ "$answered" -eq "$views_wanted" ] || [ "$tried" -eq "$peers_tried" ]; then break; fi
    tried=$((tried + 1))
    if view "$address"; then answered=$((answered + 1)); fi
  done
  if [ "$answered" -eq 0 ]; then view "$(own_address)"; fi
}

own_address() {
  awk -v me="$me" '$1 == me { print $2 }' "$config/nodes"
}

# Functions of awk for these lines: the name of a partition, and the ids in one of its lists, each between commas.
# shellcheck disable=SC2034 # Used where this is sourced.
partition_functions='
  $1 == "topic" { topic = substr($2, 2, length($2) - 2) }
  function partition_name() { return topic "-" ($2 + 0) }
  function ids(list) { return match($0, list ": [0-9,]*[0-9]") ? "," substr($0, RSTART + length(list) + 2, RLENGTH - length(list) - 2) "," : "," }
  function has(list, id) { return index(ids(list), "," id ",") > 0 }
  function count(list) { return split(ids(list), unused, ",") - 2 }
'
