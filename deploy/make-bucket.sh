#!/bin/sh
# Make the bucket of the recordings, unless it is there.
# usage: make-bucket.sh ENDPOINT BUCKET       (with the keys as files in /run/secrets)
set -eu

secrets=${SECRETS:-/run/secrets}
answer=$(
    # The keys by a file, because every process's arguments can be read.
    printf 'user = "%s:%s"\n' "$(cat "$secrets/AWS_ACCESS_KEY_ID")" "$(cat "$secrets/AWS_SECRET_ACCESS_KEY")" |
        curl --config - --silent --show-error --max-time 20 --retry "${RETRIES:-10}" --retry-connrefused \
            --aws-sigv4 "aws:amz:${AWS_REGION:-us-east-1}:s3" --request PUT "$1/$2" \
            --output /dev/null --write-out '%{http_code}'
)
case $answer in
200) echo "Made the bucket $2." ;;
409) echo "The bucket $2 is there." ;;
*)
    echo "The bucket $2 could not be made: $1 answered $answer." >&2
    exit 1
    ;;
esac
