#!/bin/sh
# Renders on Kubernetes: render.sh IMAGE BUCKET ID PROJECT_URI [CONFIG_JSON]
# Three Jobs, one after the other: plan, one index a chunk, assemble. Run again with the same id and
# project it finds the segments that are done.
set -eu
image=$1 bucket=$2 id=$3 project=$4 config=${5:-'{}'}
here=$(dirname "$0")

# run STEP COMPLETIONS EVENT: prints the last line of the Job's log
run() {
  job="$id-$1"
  kubectl delete job "$job" --ignore-not-found >&2
  python3 - "$here/job.yaml" "$id" "$1" "$2" "$image" "$bucket" "$3" <<'PYTHON' | kubectl apply -f - >&2
import sys
path, render, step, completions, image, bucket, event = sys.argv[1:]
text = open(path).read()
for name, value in {
    "RENDER-STEP": f"{render}-{step}", "COMPLETIONS": completions, "IMAGE": image,
    "'EVENT'": "'" + event.replace("'", "''") + "'", '"BUCKET"': f'"{bucket}"',
}.items():
    text = text.replace(name, value)
print(text)
PYTHON
  kubectl wait --for=condition=complete --timeout=24h "job/$job" >&2 &
  ended=$!
  kubectl wait --for=condition=failed --timeout=24h "job/$job" >/dev/null 2>&1 && kill "$ended" 2>/dev/null &
  failed=$!
  if wait "$ended"; then
    kill "$failed" 2>/dev/null || true
    kubectl logs "job/$job" --tail=1
  else
    kubectl logs "job/$job" --tail=1 >&2
    exit 1
  fi
}

# field NAME DOCUMENT
field() { printf '%s' "$2" | python3 -c "import json, sys; print(json.load(sys.stdin)['$1'])"; }

folder="s3://$bucket/renders/$id/"
planned=$(run plan 1 "{\"Action\": \"plan\", \"RenderId\": \"$id\", \"ProjectS3Uri\": \"$project\", \
\"PlanOutputS3Prefix\": \"$folder\", \"Config\": $config}")
hash=$(field PlanHash "$planned") format=$(field Format "$planned") count=$(field ChunkCount "$planned")
work="\"RenderId\": \"$id\", \"PlanManifestS3Uri\": \"${folder}plan.json\", \"PlanHash\": \"$hash\", \"Format\": \"$format\""
[ "$count" = 0 ] || run chunks "$count" "{\"Action\": \"renderChunk\", $work, \"ChunkIndex\": 0}" >/dev/null
run assemble 1 "{\"Action\": \"assemble\", $work, \"OutputS3Uri\": \"s3://$bucket/outputs/$id.$format\", \"Cfr\": false}"
