#!/bin/sh
# Writes its settings from the environment into memory, and becomes PgBouncer.
set -eu
umask 077
dir=/tmp/pgbouncer
mkdir -p "$dir"
cat >"$dir/users.txt" <<USERS
"oppulence_app" "$APP_DATABASE_PASSWORD"
"oppulence_system" "$SYSTEM_DATABASE_PASSWORD"
USERS
cat >"$dir/pgbouncer.ini" <<SETTINGS
[databases]
oppulence = host=postgres port=5432 dbname=oppulence
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = 6432
unix_socket_dir = $dir
auth_type = scram-sha-256
auth_file = $dir/users.txt
pool_mode = transaction
default_pool_size = 30
max_client_conn = 1000
SETTINGS
exec pgbouncer "$dir/pgbouncer.ini"
