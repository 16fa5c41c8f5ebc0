#!/bin/bash
# create-users.sh <host:port of the replication listener> <user> …
# Writes SCRAM-SHA-512 users into the cluster's metadata. Each password is read from the user's own Secret and passed in
# a file that only this process can read: an argument would show in the process list.
set -euo pipefail

config=${HEADWATER_CONFIG:-/etc/headwater}
users=${HEADWATER_USERS:-/etc/headwater-users}
kafka=${KAFKA_HOME:-/opt/kafka}
servers=$1
shift
umask 077

for user in "$@"; do
  printf 'SCRAM-SHA-512=[iterations=8192,password=%s]\n' "$(cat "$users/$user/password")" >/tmp/user.properties
  java -Xmx256m -cp "$kafka/libs/*" kafka.admin.ConfigCommand \
    --bootstrap-server "$servers" --command-config "$config/admin.properties" \
    --alter --entity-type users --entity-name "$user" --add-config-file /tmp/user.properties
  rm /tmp/user.properties
done
