#!/bin/sh
# What the container runs before the server, which then takes this process over: signals reach it
# as they are sent.
# usage: entry.sh COMMAND...       (entry.sh vivavoce serve)
#
# Each file in /run/secrets is a variable. A name in small letters is a setting's (database_url:
# VIVAVOCE_DATABASE_URL), one in capitals a variable's (AWS_SECRET_ACCESS_KEY). So no secret is in a
# command line, an image or `docker inspect`.
set -eu

stop() {
    echo "$1" >&2
    exit 1
}

secrets=${SECRETS:-/run/secrets}
for file in "$secrets"/*; do
    [ -f "$file" ] || continue
    name=${file##*/}
    case $name in
    [!A-Za-z]* | *[!A-Za-z0-9_]*)
        stop "$name in $secrets cannot be the name of a setting or of a variable." ;;
    *[a-z]*) name=VIVAVOCE_$(echo "$name" | tr '[:lower:]' '[:upper:]') ;;
    esac
    value=$(cat "$file" 2>/dev/null) || stop "The secret $file cannot be read by user $(id -u)."
    export "$name=$value"
done

folder=${VIVAVOCE_DATA_DIR:-}
if [ -n "$folder" ] && ! { mkdir -p "$folder" && [ -w "$folder" ]; } 2>/dev/null; then
    stop "The data folder $folder cannot be written by user $(id -u): give it to that user (chown $(id -u):$(id -g)), or set VIVAVOCE_DATA_DIR to another."
fi

exec "$@"
