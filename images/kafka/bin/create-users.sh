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
properties=${TMPDIR:-/tmp}/user.properties
umask 077
# 4.x has its command-line tools in a jar of their own, and this one in another package.
command=kafka.admin.ConfigCommand
if [ -d "$kafka/tools" ]; then command=org.apache.kafka.tools.ConfigCommand; fi

for user in "$@"; do
  password=$(<"$users/$user/password")
  printf 'SCRAM-SHA-512=iterations=8192,password=%s\n' "${password//\\/\\\\}" >"$properties"
  java -Xmx256m "-Dlog4j.configuration=file:$kafka/log4j.properties" "-Dlog4j2.configurationFile=$kafka/log4j2.properties" \
    -cp "$kafka/libs/*:$kafka/tools/*" "$command" \
    --bootstrap-server "$servers" --command-config "$config/admin.properties" \
    --alter --entity-type users --entity-name "$user" --add-config-file "$properties"
  rm "$properties"
done
