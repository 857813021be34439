#!/bin/bash
# keisoku diff as a person and as a program use it: exit statuses, formats, hostile input.
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

for root in cgroup-v1 cgroup-v2 hostile; do
	cp -r "$source/tests/roots/$root" "$work/$root"
	"$keisoku" capture --quiet --root "$work/$root" -o "$work/$root.json" 2>/dev/null
done

# valid FILE: what is wrong with it, by docs/diff.schema.json
valid() {
	/usr/bin/python3 - "$source/docs/diff.schema.json" "$1" <<'PYTHON' 2>&1
import json, sys
import jsonschema
schema, text = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft7Validator.check_schema(schema)
for error in list(jsonschema.Draft7Validator(schema).iter_errors(text))[:5]:
    print(error.message[:200], list(error.path))
PYTHON
}

"$keisoku" diff "$work/cgroup-v2.json" "$work/cgroup-v2.json" >"$work/out"
same "a snapshot does not differ from itself" 0 $?
contains "and says so" "No setting differs" "$(cat "$work/out")"
"$keisoku" diff "$work/cgroup-v2" "$work/cgroup-v2.json" >"$work/out"
same "nor does a tree from its own snapshot" 0 $?

cp -r "$work/cgroup-v2" "$work/changed"
printf '99\n' >"$work/changed/proc/sys/vm/swappiness"
rm "$work/changed/proc/sys/vm/dirty_ratio"
"$keisoku" diff "$work/cgroup-v2" "$work/changed" --output "json=$work/changed.json" --output "text=$work/changed.text" \
	--output "markdown=$work/changed.md"
same "differences are exit status 1" 1 $?
same "what changed" "vm.dirty_ratio present absent
vm.swappiness present present" "$(jq -r '.settings[] | .key + " " + .before.state + " " + .after.state' "$work/changed.json")"
same "to what" 99 "$(jq -r '.settings[] | select(.key == "vm.swappiness") | .after.raw' "$work/changed.json")"
contains "in words" "vm.swappiness  60 → 99" "$(cat "$work/changed.text")"
contains "in Markdown" "vm.swappiness | 60 | 99" "$(cat "$work/changed.md")"
"$keisoku" diff - "$work/changed" <"$work/cgroup-v2.json" >"$work/out"
same "one of them may come from standard input" 1 $?

for pair in "cgroup-v1 cgroup-v2" "cgroup-v2 hostile" "hostile cgroup-v1"; do
	# shellcheck disable=SC2086 # two words
	set -- $pair
	for format in text json markdown; do
		timeout -k 5 60 "$keisoku" diff --all --output "$format" "$work/$1.json" "$work/$2" >"$work/$1-$2.$format" 2>"$work/err"
		same "$1 and $2 as $format" 1 $?
		same "$1 and $2 as $format: no control characters" "" \
			"$(LC_ALL=C grep -n $'[\x01-\x08\x0b-\x1f\x7f]' "$work/$1-$2.$format" "$work/err")"
	done
	if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
		same "$1 and $2: the JSON is as its schema says" "" "$(valid "$work/$1-$2.json")"
	else
		skip "$1 and $2: the JSON is as its schema says" "python3-jsonschema is not installed"
	fi
done
same "no HTML in Markdown" "" "$(grep -n '[<>]' "$work/cgroup-v2-hostile.markdown" | grep -v '^[0-9]*:| ---' | head -3)"
for width in 80 120; do
	same "$width columns are not exceeded" "" "$("$keisoku" diff --width $width "$work/cgroup-v1.json" "$work/hostile" |
		WIDTH=$width /usr/bin/python3 -c 'import os, sys
for line in sys.stdin:
    if len(line.rstrip("\n")) > int(os.environ["WIDTH"]):
        print(line.rstrip("\n"))' | head -3)"
done

"$keisoku" diff "$work/cgroup-v2.json" >/dev/null 2>&1
same "one snapshot is wrong usage" 2 $?
"$keisoku" diff - - >/dev/null 2>&1 </dev/null
same "so is standard input twice" 2 $?
"$keisoku" diff --output html "$work/cgroup-v2.json" "$work/cgroup-v2.json" >/dev/null 2>"$work/err"
same "and an unknown format" 2 $?
contains "which names the known ones" "text, json, markdown" "$(cat "$work/err")"
"$keisoku" diff "$work/cgroup-v2.json" "$work/nothing" >/dev/null 2>&1
same "a file that is not there is an input error" 3 $?
head -c 2000 "$work/cgroup-v2.json" >"$work/short.json"
"$keisoku" diff "$work/short.json" "$work/cgroup-v2.json" >/dev/null 2>&1
same "so is half a snapshot" 3 $?
done_testing
