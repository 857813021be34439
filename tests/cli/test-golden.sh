#!/bin/sh
# Reports of captured trees, letter by letter.  KEISOKU_UPDATE_GOLDEN=1 writes them anew: read the difference as prose.
set -u
keisoku=$(realpath "$1") source=$2
compose=$(dirname "$keisoku")/../tests/cli/compose-host
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
compose_report=$(dirname "$keisoku")/../tests/cli/compose-report
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source" || exit 1

# golden FILE COMMAND…
golden() {
	file=tests/golden/$1
	shift
	"$@" >"$work/out" 2>"$work/err" || { not_ok "$file" "$(cat "$work/err")"; return; }
	[ -z "${KEISOKU_UPDATE_GOLDEN-}" ] || cp "$work/out" "$file"
	if difference=$(diff -u "$file" "$work/out" 2>&1); then
		ok "$file"
	else
		not_ok "$file" "$difference"
	fi
}

for root in tests/roots/*/; do
	name=$(basename "$root")
	golden "$name.text" env LC_ALL=C.UTF-8 "$keisoku" advise --quiet --root "$root" --width 80 --color never
	golden "$name.json" "$keisoku" advise --quiet --root "$root" --output json
done
# The page for a browser: without a window and hostile, and with charts.  Its style stands in reports/html.css.
page() {
	"$keisoku" advise --quiet "$@" --output html="$work/page" &&
		sed "/^<style>/,/<\/style>/d; s/'sha256-[^']*'/'sha256-…'/" "$work/page"
}
golden hostile.html page --root tests/roots/hostile
"$compose" tests/golden/busy.yaml >"$work/busy.snapshot" || exit 1
golden busy.html page --snapshot "$work/busy.snapshot"
# A review of what somebody pasted, for a host that was measured.
"$compose" tests/reviews/host.yaml >"$work/host.snapshot" || exit 1
for width in 80 120; do
	golden "review.$width.text" env LC_ALL=C.UTF-8 "$keisoku" review --quiet --against "$work/host.snapshot" --width "$width" \
		--color never tests/reviews/memory-boost.sh
done
golden review.markdown "$keisoku" review --quiet --against "$work/host.snapshot" --output markdown tests/reviews/memory-boost.sh
# Of a report made by hand, so that they change with their format and not with each rule.
version=$("$keisoku" version)
composed() {
	"$compose_report" "$1" plain | sed "s/\"${version#keisoku }\"/\"VERSION\"/; s/ ${version#keisoku }\"/ VERSION\"/"
}
for format in sarif junit markdown csv prometheus; do
	golden "composed.$format" composed "$format"
done
for snapshot in tests/golden/*.snapshot; do
	[ -f "$snapshot" ] || continue
	name=$(basename "$snapshot" .snapshot)
	for width in 80 120; do
		golden "$name.$width.text" env LC_ALL=C.UTF-8 "$keisoku" advise --quiet --snapshot "$snapshot" --width "$width" \
			--color never
	done
	golden "$name.ascii.text" env LC_ALL=C "$keisoku" advise --quiet --snapshot "$snapshot" --width 80 --color never
	golden "$name.colour.text" env LC_ALL=C.UTF-8 "$keisoku" advise --quiet --snapshot "$snapshot" --width 80 --color always
done

# Everything that is written as JSON is as its schema says.
for root in tests/roots/*/; do
	name=$(basename "$root")
	"$keisoku" capture --quiet --root "$root" -o "$work/$name.json"
	found=$(python3 - docs/snapshot.schema.json "$work/$name.json" docs/report.schema.json "tests/golden/$name.json" <<'PYTHON'
import json, sys
import jsonschema
for schema, document in (sys.argv[1:3], sys.argv[3:5]):
    schema, text = json.load(open(schema)), json.load(open(document))
    jsonschema.validators.validator_for(schema).check_schema(schema)
    for error in list(jsonschema.validators.validator_for(schema)(schema).iter_errors(text))[:5]:
        print(document, list(error.absolute_path), error.message[:200])
PYTHON
	) || found="the validator failed: $found"
	same "$name: snapshot and report are as their schemas say" "" "$found"
	same "$name: a saved snapshot gives the same report" "" "$("$keisoku" advise --quiet --snapshot "$work/$name.json" \
		--output json 2>&1 | diff - "tests/golden/$name.json")"
done
done_testing
