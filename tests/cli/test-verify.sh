#!/bin/bash
# keisoku verify as a person and as a program use it, on trees; tests/real/test-verify.sh does it with real workloads.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

# valid FILE: what is wrong with it, by docs/verify.schema.json
valid() {
	/usr/bin/python3 - "$source/docs/verify.schema.json" "$1" <<'PYTHON' 2>&1
import json, sys
import jsonschema
schema, text = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft7Validator.check_schema(schema)
for error in list(jsonschema.Draft7Validator(schema).iter_errors(text))[:5]:
    print(error.message[:200], list(error.path))
PYTHON
}
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then schema=yes; else schema=; fi

check_schema() {
	if [ "$schema" ]; then
		same "$1: the JSON is as its schema says" "" "$(valid "$2")"
	else
		skip "$1: the JSON is as its schema says" "python3-jsonschema is not installed"
	fi
}

# A plan that rests on settings alone: the background threshold is not below the other.
cp -r "$source/tests/roots/cgroup-v2" "$work/tree"
echo 10 >"$work/tree/proc/sys/vm/dirty_ratio"
echo 20 >"$work/tree/proc/sys/vm/dirty_background_ratio"
"$keisoku" advise --quiet --root "$work/tree" --rule dirty-background-order --plan "$work/plan" >/dev/null 2>"$work/err"
same "a plan can be made of a tree" 1 "$(jq '.actions | length' "$work/plan/plan.json")"
to=$(jq -r '.actions[0].to' "$work/plan/plan.json")
key=$(jq -r '.actions[0].setting' "$work/plan/plan.json")

"$keisoku" verify --after "$work/tree" "$work/plan" >"$work/out"
same "what was not applied is exit status 1" 1 $?
contains "and is called so" "NOT APPLIED  $key" "$(cat "$work/out")"
contains "with what was found" "still has the value from before" "$(cat "$work/out")"

echo "$to" >"$work/tree/proc/sys/${key//.//}"
"$keisoku" verify --after "$work/tree" --output "json=$work/applied.json" --output text "$work/plan/plan.json" >"$work/out"
same "what was applied is exit status 0, also by the name of plan.json" 0 $?
contains "settings alone have not helped, but are applied" "1 applied" "$(cat "$work/out")"
same "also in JSON" "applied $to yes" "$(jq -r '.actions[0] | .verdict + " " + .found + " " + .reasons[0].holds_after' "$work/applied.json")"
check_schema "applied" "$work/applied.json"

# Hostile names and texts end harmless.
jq '.actions[0].key = "\u001b[31m$(reboot)\n" | .actions[0].reasons[0].title = "<b>\u202e" | .actions[0].takes_effect = "\u0007"
	| .actions[0].subject = {kind: "block", name: "a\u001b]0;x\u0007"} | .id = "\u001b[2J"' \
	"$work/plan/plan.json" >"$work/plan/hostile.json"
for format in text json; do
	"$keisoku" verify --after "$work/tree" --output $format "$work/plan/hostile.json" >"$work/hostile.$format" 2>"$work/err"
	same "a hostile plan as $format" 1 $?
	same "a hostile plan as $format: no control characters" "" \
		"$(LC_ALL=C grep -n $'[\x01-\x08\x0b-\x1f\x7f]' "$work/hostile.$format" "$work/err")"
done
check_schema "hostile" "$work/hostile.json"
for width in 80 120; do
	same "$width columns are not exceeded" "" "$("$keisoku" verify --width $width --after "$work/tree" "$work/plan" |
		WIDTH=$width /usr/bin/python3 -c 'import os, sys
for line in sys.stdin:
    if len(line.rstrip("\n")) > int(os.environ["WIDTH"]):
        print(line.rstrip("\n"))' | grep -v "$work" | head -3)"
done

"$keisoku" verify >/dev/null 2>&1
same "no plan is wrong usage" 2 $?
"$keisoku" verify --after "$work/tree" --window 5s "$work/plan" >/dev/null 2>&1
same "so is a window for a snapshot" 2 $?
"$keisoku" verify --output markdown "$work/plan" >/dev/null 2>&1
same "and an unknown format" 2 $?
"$keisoku" verify "$work/nothing" >/dev/null 2>&1
same "a plan that is not there is an input error" 3 $?
"$keisoku" verify --after "$work/nothing" "$work/plan" >/dev/null 2>&1
same "so is a snapshot that is not there" 3 $?
rm "$work/plan/snapshot.json"
"$keisoku" verify --after "$work/tree" "$work/plan" >/dev/null 2>"$work/err"
same "and a plan without its snapshot" 3 $?
contains "which is named" "$work/plan/snapshot.json" "$(cat "$work/err")"
jq '.snapshot = "../tree.json"' "$work/plan/plan.json" >"$work/plan/outside.json"
"$keisoku" verify --after "$work/tree" "$work/plan/outside.json" >/dev/null 2>"$work/err"
same "a snapshot elsewhere is refused" 3 $?
truncate -s 17M "$work/large"
"$keisoku" verify --after "$work/tree" "$work/large" 2>"$work/err"
same "a plan that is too large: exit status" 3 $?
contains "and is called so" "File too large" "$(cat "$work/err")"
done_testing
