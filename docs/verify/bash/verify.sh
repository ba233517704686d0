#!/usr/bin/env bash
# bash verify.sh <scheme> <signature header> <secret> <now> ['Name: value' …] < body
# Needs openssl. The key stands in openssl's arguments, where others on the machine can see it.
set -euo pipefail

readonly TOLERANCE_S=300

scheme=$1 signature_header=${2,,} secret=$3 now=$4
shift 4
[[ $now =~ ^[0-9]+$ ]] || now=$(date +%s)

declare -A headers=()
for line in "$@"; do
  name=${line%%: *}
  headers[${name,,}]=${line#*: }
done

# A variable would lose NUL bytes and the newlines at the end.
body=$(mktemp)
trap 'rm -f "$body"' EXIT
cat >"$body"

hex() { od -An -v -tx1 | tr -d ' \n'; }

# sign KEY_HEX PREFIX: the HMAC-SHA256 of the prefix and the body, in hex
sign() {
  { printf %s "$2" && cat "$body"; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | hex
}

# Compares digests under a key of this moment, so that the time says nothing about the wanted signature.
nonce=$(openssl rand -hex 32)
is_equal() {
  [[ $(printf %s "$1" | openssl dgst -sha256 -hmac "$nonce") == $(printf %s "$2" | openssl dgst -sha256 -hmac "$nonce") ]]
}

is_fresh() {
  [[ $1 =~ ^[0-9]{1,12}$ ]] || return 1
  local age=$((now - 10#$1))
  ((age <= TOLERANCE_S && age >= -TOLERANCE_S))
}

standard_webhooks() {
  local id=${headers[webhook-id]-} timestamp=${headers[webhook-timestamp]-} key wanted signature
  [[ -n $id ]] && is_fresh "$timestamp" || return 1
  key=$(printf %s "${secret#whsec_}" | openssl base64 -d -A | hex)
  wanted=v1,$({ printf %s "$id.$timestamp." && cat "$body"; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
  # During a rotation there are several, separated by spaces; one that fits is enough.
  for signature in ${headers[webhook-signature]-}; do
    if is_equal "$signature" "$wanted"; then return 0; fi
  done
  return 1
}

hmac_sha256() {
  is_equal "${headers[$signature_header]-}" "$(sign "$(printf %s "$secret" | hex)" '')"
}

timestamped() {
  local part parts timestamp='' wanted
  IFS=, read -ra parts <<<"${headers[$signature_header]-}"
  for part in ${parts[@]+"${parts[@]}"}; do
    if [[ $part == t=* && -z $timestamp ]]; then timestamp=${part#t=}; fi
  done
  is_fresh "$timestamp" || return 1
  wanted=v1=$(sign "$(printf %s "$secret" | hex)" "$timestamp.")
  for part in "${parts[@]}"; do
    if is_equal "$part" "$wanted"; then return 0; fi
  done
  return 1
}

case $scheme in
  standard-webhooks) verify=standard_webhooks ;;
  hmac-sha256) verify=hmac_sha256 ;;
  timestamped) verify=timestamped ;;
  *) exit 2 ;;
esac
if "$verify"; then echo ok; else echo rejected; fi
