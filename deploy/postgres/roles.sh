#!/bin/sh
# Runs once, on an empty data folder: the two roles that migrations grant to, with passwords, and the sandbox's database.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set=app="$APP_DATABASE_PASSWORD" --set=system="$SYSTEM_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE oppulence_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app';
CREATE ROLE oppulence_system LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'system';
CREATE DATABASE sandbox;
SQL
