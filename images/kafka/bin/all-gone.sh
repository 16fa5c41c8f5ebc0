# shellcheck shell=bash
# Sourced by the hooks: whether the whole set is going, and no other will come for whom this node could be held.
#
# A pod has a name in DNS from its start to its end, ready or not. One that is being replaced is without one for seconds.
gone_wanted_s=${GONE_S:-30}
gone_since=

# Whether for so long no pod has had any of these addresses. To be asked again and again.
all_gone() {
  local address
  for address in "$@"; do
    if timeout 2 getent ahosts "${address%:*}" >/dev/null; then
      gone_since=
      return 1
    fi
  done
  gone_since=${gone_since:-$SECONDS}
  [ $((SECONDS - gone_since)) -ge "$gone_wanted_s" ]
}
