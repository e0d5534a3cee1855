#!/bin/sh
# Run once by the image of PostgreSQL, when its volume is empty: Marksight's database and roles.
set -eu
exec psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --file /usr/share/marksight/roles.sql
