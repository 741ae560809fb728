#!/usr/bin/env bash
# How long `athena balance` takes from process start to its answer: bench/startup.sh ROUNDS PROGRAM...
# Each program is a published `athena`; they take turns, so that what disturbs one disturbs all. A service of
# artifacts/bin/Athena.Service/release (dotnet build src/Athena.Service -c Release) answers on free ports of loopback.
set -euo pipefail
rounds=${1:?rounds}; shift
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
printf '{"Athena":{"Servers":{"a":{"Address":"http://127.0.0.1:9001"}},"Farms":{"web":{"Members":{"a":{}}}}}}' > "$work/athena.json"
dotnet "$here/artifacts/bin/Athena.Service/release/Athena.Service.dll" --Config="$work/athena.json" --Athena:Store:Kind=memory \
  --Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0 --Kestrel:Endpoints:Http:Url=http://127.0.0.1:0 > "$work/log" &
service=$!
trap 'kill $service; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  address=$(sed -n 's/.*Now listening on: \(http[^ ]*\).*/\1/p' "$work/log" | head -1)
  [ -n "$address" ] && break
  sleep 0.1
done
once() { # NAME COMMAND...: milliseconds, appended to the name's file
  local name=$1 from=$EPOCHREALTIME; shift
  "$@" > /dev/null
  local to=$EPOCHREALTIME
  echo $(( (${to/./} - ${from/./}) / 10 )) >> "$work/$name"
}
for round in $(seq $((rounds + 3))); do
  [ "$round" -eq 4 ] && rm -f "$work"/*.ms # The first three warm the service and the disk's cache.
  for i in $(seq $#); do
    once "$i.balance.ms" "${!i}" balance web --service "$address"
    once "$i.version.ms" "${!i}" --version
  done
done
for i in $(seq $#); do
  for what in balance version; do
    sort -n "$work/$i.$what.ms" | awk -v n="${!i} $what" '{v[NR]=$1/100} END {printf "%s: median %.1f ms, best %.1f, p90 %.1f (%d starts)\n", n, v[int((NR+1)/2)], v[1], v[int(NR*0.9)], NR}'
  done
done
