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

# One line of JSON: the cluster's metadata as the broker at this address sees it.
view() {
  timeout 3 kcat -F "$config/kcat.properties" -b "$1" -m 2 -L -J 2>/dev/null
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
  if [ "$answered" -eq 0 ]; then view "$(awk -v me="$me" '$1 == me { print $2 }' "$config/nodes")"; fi
}
